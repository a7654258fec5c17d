-- apply, part 3: what an event does to its member. As leaderboard/apply_op.go
-- and apply_cells.go.

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
  scores[m], ties[m], details[m], touched[m] = after, newTie, merged, true
  version = version + 1
  return '='
end

local function remove(m)
  if not scores[m] then return '.' end
  call('ZREM', Z, members[m])
  scores[m], ties[m], details[m], touched[m] = false, 0, '', true
  version = version + 1
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
