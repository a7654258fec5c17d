-- apply: one batch of events, in one atomic step.
--
-- KEYS  head h, scores z, rows r, source seqs s, source generations g,
--       refusals of sources x, ids i, times of ids w, changelog l
-- ARGV  1 the batch, packed as four lists, in which false is nothing:
--         members  the distinct members
--         sources  the distinct sources
--         senders  (index of the source, 0 = by id; epoch; generation) …
--         events   (op, index of the member, score, tie, index of the sender,
--                   identity, details) …
--       2 now, µs since 1970; 0 = this server's clock
--       3 how long an id is remembered, µs   4 how many ids are at once
--       5 how long the changelog is kept, µs   6 how many batches it keeps
--       Score: text, false = out of range. Tie: true = out of range.
--       Identity: a seq below 10^15 as number, a greater one as text "seq-1
--       seq"; by id: hash of the body (16 bytes) and id. Details: name, group and
--       cells, packed; of the op refused the refusal found at the door.
-- Returns {} if there is no board, else {epoch, to, chain, from, chain before,
--       rows, then (fate, score) of each event}. rows is a packed list: (member,
--       row) of each member touched, row "" = removed; "" if nothing changed.
--       A row is score (its length in a byte, its text), tie (8 bytes) and
--       details. Fates: = applied, one version more; . applied, nothing changed;
--       + best and improved, - best and not; ~ duplicate; <N gap after seq N;
--       !key refused; !{…} refused at the door.
-- Cost  O(n log m) for n events on m members. BENCHMARKED
--
-- Numbers. Scores are text that Go or Redis printed so that it reads back as
-- the same double; here they are compared as numbers and never added or printed.
-- Versions are integers below 2^53, each exact as a double: "%.0f" prints all
-- of its digits, struct packs them as 64-bit integers, ties too, and so is it returned.
-- tostring and .. keep 14 digits only and touch no number here. Seqs go up to
-- 2^64-1: those from 10^15 on stay text and are compared as text.

local call, format, sub, tonumber = redis.call, string.format, string.sub, tonumber
local pack, unpacked = cmsgpack.pack, cmsgpack.unpack
local packStruct, unpackStruct, ROW = struct.pack, struct.unpack, '>Bc0i8'
local H, Z, R, S, G, X, I, W, L = unpack(KEYS)
local MAX = 9007199254740992 -- 2^53
local MAX_CELLS = 8192       -- bytes, leaderboard.MaxCellBytes
local MAX_REFUSED = 256      -- per source, leaderboard.MaxRefused
local MAX_EXPIRED = 256      -- ids forgotten in one call; 64 can come
local INCR, BEST, REMOVE, PATCH, REFUSED = 2, 3, 4, 5, 6 -- 1 is set

local epoch, was, chain, rule, order, mark =
  unpack(call('HMGET', H, 'epoch', 'version', 'chain', 'tie', 'order', 'mark'))
if not epoch then return {} end
local from = tonumber(was)
local version = from

local members, sources, senders, events = unpacked(ARGV[1])
local now = tonumber(ARGV[2])
if now == 0 then
  local t = call('TIME')
  now = tonumber(t[1]) * 1000000 + tonumber(t[2])
end

-- The rows of the members, taken apart; score false = not on the board.
local scores, ties, details = {}, {}, {}
local touched, order_touched = {}, {}
if #members > 0 then
  local rows = call('HMGET', R, unpack(members))
  for m = 1, #members do
    local row = rows[m]
    if row then
      local at
      scores[m], ties[m], at = unpackStruct(ROW, row)
      details[m] = at > #row and '' or sub(row, at)
    else
      scores[m], ties[m], details[m] = false, 0, ''
    end
  end
end

-- Sources: the last seq of each, and what its events are turned away with.
local lasts, moved, turned, verdict = {}, {}, {}, {}
if #sources > 0 then
  lasts = call('HMGET', S, unpack(sources))
  for i = 1, #sources do
    local last = lasts[i] or '0'
    lasts[i] = #last < 16 and tonumber(last) or last
  end
end
for i = 1, #senders, 3 do
  local src, at, generation = senders[i], senders[i + 1], senders[i + 2]
  if at and at ~= epoch then
    verdict[i] = '!stale_epoch'
  elseif generation and generation ~= string.match(call('HGET', G, sources[src]) or '0', '^%d+') then
    verdict[i] = '!fenced'
  end
end

local function seqText(seq) return type(seq) == 'number' and format('%.0f', seq) or seq end

-- place compares a seq with the last one when one of them is text: it returns
-- the seq, and whether it is the next one, or an old one.
local function place(seq, last)
  if type(seq) == 'number' then return seq, false, true end -- last is beyond it
  local before, this = string.match(seq, '^(%d+) (%d+)$')
  last = seqText(last)
  return this, before == last, #this < #last or (#this == #last and this <= last)
end

-- The refusals a source remembers: (seq, key) …, oldest first.
local refusals, refused = {}, {}
local function remembered(src)
  local list = refusals[src]
  if not list then
    local b = call('HGET', X, sources[src])
    list = b and unpacked(b) or {}
    refusals[src] = list
  end
  return list
end

local function refuseSeq(src, seq, key)
  local list = remembered(src)
  seq = seqText(seq)
  if #list >= 2 * MAX_REFUSED then
    table.remove(list, 1)
    table.remove(list, 1)
  end
  list[#list + 1], list[#list + 2] = seq, key
  refused[src] = true
end

local function refusalOf(src, seq)
  local list = remembered(src)
  seq = seqText(seq)
  for i = 1, #list, 2 do
    if list[i] == seq then return '!' .. list[i + 1] end
  end
  return '~'
end

-- Ids: id -> hash of the body (16 bytes), time (16 digits), refusal.
local window, cutoff = tonumber(ARGV[3])
cutoff = now - window
local old = call('ZRANGEBYSCORE', W, '-inf', cutoff, 'LIMIT', 0, MAX_EXPIRED)
if #old > 0 then
  call('ZREM', W, unpack(old))
  call('HDEL', I, unpack(old))
end
local ids, newIDs, places, idTime = {}, {}, nil, nil
local function identifyID(id, body)
  local used = ids[id]
  if used == nil then used = call('HGET', I, id) end
  if used and (ids[id] or tonumber(sub(used, 17, 32)) > cutoff) then
    if sub(used, 1, 16) ~= body then return '!id_conflict' end
    local key = sub(used, 33)
    return key == '' and '~' or '!' .. key
  end
  if not places then
    places = tonumber(ARGV[4]) - call('ZCOUNT', W, '(' .. format('%.0f', cutoff), '+inf')
    local last = call('ZREVRANGE', W, 0, 0, 'WITHSCORES')[2]
    idTime = math.max(now, tonumber(last or 0)) -- time does not go back
  end
  if places <= 0 then return '!busy' end
  places = places - 1
  ids[id] = body .. format('%016.0f', idTime)
  newIDs[#newIDs + 1] = id
end

-- merge lays an event's details over a row's; nil = more cells than fit.
local function merge(have, over)
  local row = have == '' and { '', '' } or { unpacked(have) }
  over = unpacked(over)
  row[1] = over[1] or row[1]
  row[2] = over[2] or row[2]
  local at, changed, size = {}, false, 1
  for i = 3, #row, 2 do at[row[i]] = i + 1 end
  for i = 3, #over, 2 do
    local key, value = over[i], over[i + 1]
    local place = at[key]
    if place and row[place] ~= value then
      row[place], changed = value, true
    elseif not place and value then
      row[#row + 1], row[#row + 2], changed = key, value, true
    end
  end
  local merged = { row[1], row[2] }
  for i = 3, #row, 2 do
    if row[i + 1] then -- false = deleted
      merged[#merged + 1], merged[#merged + 2] = row[i], row[i + 1]
      size = size + #row[i] + #row[i + 1] + 4 -- "key":value,
    end
  end
  if changed and size > MAX_CELLS then return nil end
  if #merged == 2 and merged[1] == '' and merged[2] == '' then return '' end
  return pack(unpack(merged))
end

local touches = 0
local function touch(m)
  if not touched[m] then
    touched[m] = true
    touches = touches + 1
    order_touched[touches] = m
  end
  version = version + 1
end

-- putBack undoes a ZINCRBY by the old text: subtracting would not be exact.
local function putBack(m)
  if scores[m] then
    call('ZADD', Z, scores[m], members[m])
  else
    call('ZREM', Z, members[m])
  end
end

-- update writes a member's row with what the event says of it; it returns the
-- event's fate.
local function update(op, m, score, tie, over)
  local before, after = scores[m], score
  if op == INCR then
    after = call('ZINCRBY', Z, score, members[m])
    local n = -after -- as a number, negated: cheaper than tonumber
    if n > MAX or n < -MAX then
      putBack(m)
      return '!score_range'
    end
  elseif op == PATCH then
    after = before
  end
  local changed = not before or (after ~= before and -after ~= -before)
  local newTie, merged = ties[m], details[m]
  if rule == 'reached' then
    if changed then newTie = version + 1 end
  elseif tie then
    newTie = tie
  end
  if over then
    merged = merge(merged, over)
    if not merged then
      if op == INCR then putBack(m) end
      return '!cells'
    end
  end
  if before and not changed and newTie == ties[m] and merged == details[m] then return '.' end
  if changed and op ~= INCR then call('ZADD', Z, after, members[m]) end
  scores[m], ties[m], details[m] = after, newTie, merged
  touch(m)
  return '='
end

local function remove(m)
  if not scores[m] then return '.' end
  call('ZREM', Z, members[m])
  scores[m], ties[m], details[m] = false, 0, ''
  touch(m)
  return '='
end

-- beats tells whether (score, tie), as one key, goes before the member's own.
local function beats(m, score, tie)
  local new, own = tonumber(score), tonumber(scores[m])
  if new ~= own then return (new > own) == (order == 'desc') end
  return rule == 'given' and tie < ties[m]
end

-- operate carries out an event that is new; it returns its fate.
local function operate(op, m, score, tie, said)
  if op == REFUSED then return '!' .. said end
  if not tie then
    if op == BEST and rule == 'given' then return '!tie_needed' end
  elseif rule ~= 'given' then
    return '!tie_rule_' .. rule
  elseif op == PATCH or op == REMOVE then
    return '!tie_op'
  elseif tie == true then
    return '!tie_range'
  end
  if op == REMOVE then return remove(m) end
  if op == PATCH then
    if not scores[m] then return '!unknown_member' end
  elseif not score then
    return '!score_range'
  end
  if op ~= BEST then return update(op, m, score, tie, said) end
  if scores[m] and not beats(m, score, tie) then return '-' end
  local fate = update(op, m, score, tie, said)
  return fate == '=' and '+' or fate
end

local out, n = { epoch, 0, '', from, chain, '' }, 6
for i = 1, #events, 7 do
  local m, sender, identity = events[i + 1], events[i + 4], events[i + 5]
  local src = senders[sender]
  local fate
  if src == 0 then
    local body, id = sub(identity, 1, 16), sub(identity, 17)
    fate = verdict[sender] or identifyID(id, body)
    if not fate then
      fate = operate(events[i], m, events[i + 2], events[i + 3], events[i + 6])
      if sub(fate, 1, 1) == '!' then ids[id] = ids[id] .. sub(fate, 2) end
    end
  else
    fate = turned[src] or verdict[sender]
    if fate then
      turned[src] = fate
    else
      local seq, last, isNext, isOld = identity, lasts[src], nil, nil
      if type(seq) == 'number' and type(last) == 'number' then
        isNext, isOld = seq == last + 1, seq <= last
      else
        seq, isNext, isOld = place(seq, last)
      end
      if isNext then
        lasts[src], moved[src] = seq, true
        local op, score, tie = events[i], events[i + 2], events[i + 3]
        if op <= INCR and score and not tie then -- what operate finds too, but most events are such
          fate = update(op, m, score, tie, events[i + 6])
        else
          fate = operate(op, m, score, tie, events[i + 6])
        end
        if fate ~= '=' and sub(fate, 1, 1) == '!' then refuseSeq(src, seq, sub(fate, 2)) end
      elseif isOld then
        fate = refusalOf(src, seq)
      else
        fate = '<' .. seqText(last)
      end
    end
  end
  out[n + 1], out[n + 2] = fate, scores[m]
  n = n + 2
end

local list = {}
for src in pairs(moved) do
  list[#list + 1], list[#list + 2] = sources[src], seqText(lasts[src])
end
if #list > 0 then call('HSET', S, unpack(list)) end
for src in pairs(refused) do call('HSET', X, sources[src], pack(refusals[src])) end
if #newIDs > 0 then
  local bodies, times = {}, {}
  for _, id in ipairs(newIDs) do
    bodies[#bodies + 1], bodies[#bodies + 2] = id, ids[id]
    times[#times + 1], times[#times + 2] = idTime, id
  end
  call('HSET', I, unpack(bodies))
  call('ZADD', W, unpack(times))
end

if version ~= from then
  local log, kept, gone = {}, {}, {}
  local k, g = 0, 0
  for i = 1, touches do
    local m = order_touched[i]
    local member, score, row = members[m], scores[m], ''
    if score then
      row = packStruct(ROW, #score, score, ties[m]) .. details[m]
      kept[k + 1], kept[k + 2] = member, row
      k = k + 2
    else
      g = g + 1
      gone[g] = member
    end
    log[2 * i - 1], log[2 * i] = member, row
  end
  if k > 0 then call('HSET', R, unpack(kept)) end
  if g > 0 then call('HDEL', R, unpack(gone)) end
  local body, to = pack(log), format('%.0f', version)
  chain = redis.sha1hex(chain .. '\n' .. was .. '\n' .. to .. '\n\n' .. redis.sha1hex(body))
  call('HSET', H, 'version', to, 'chain', chain)
  call('XADD', L, 'MAXLEN', '~', ARGV[6], to .. '-0', 'chain', chain, 'from', was, 'rows', body)
  out[6] = body

  -- Two marks (time, version): what is older than the older one goes when the
  -- newer one is half of what is kept behind.
  local keep = tonumber(ARGV[5])
  if now - tonumber(mark or 0) >= keep / 2 then
    local m = call('HMGET', H, 'mark', 'marked', 'mark2', 'marked2', 'snapshot')
    keep = math.max(keep, 2 * tonumber(m[5] or 0))
    if now - tonumber(m[1] or 0) >= keep / 2 then
      if m[3] and now - tonumber(m[3]) >= keep then call('XTRIM', L, 'MINID', '~', m[4] .. '-0') end
      call('HSET', H, 'mark', now, 'marked', to, 'mark2', m[1] or now, 'marked2', m[2] or to)
    end
  end
end
out[2], out[3] = version, chain
return out
