-- apply, part 2: is an event new? As leaderboard/apply_identity.go.

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

local cutoff = now - tonumber(ARGV[3])
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
