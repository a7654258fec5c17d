-- join adds a node's holders, renews those it has, and shows what they ask.
-- KEYS  ver cnt idle on ix meta ux
-- ARGV  now, node, then (room US user, away and name) for each
-- gives the transitions, 8 values each: room US user, kind, prev, version,
--       count, since, seen, away and name
-- cost  3 calls; for each user who joins 2 more reads and 4 writes, shared by
--       all of one room
local on, ix, meta, ux = KEYS[4], KEYS[5], KEYS[6], KEYS[7]

local node = ARGV[2]
local fields, beats, holders = {'HMGET', meta}, {'ZADD', on}, {'ZADD', ix}
for i = 3, #ARGV, 2 do
  local holder = ARGV[i] .. US .. node
  fields[#fields + 1] = ARGV[i]
  beats[#beats + 1] = ts
  beats[#beats + 1] = holder
  holders[#holders + 1] = '0'
  holders[#holders + 1] = holder
end
local values = redis.call(unpack(fields))
if redis.call(unpack(beats)) > 0 then redis.call(unpack(holders)) end

local written, sets, users = {}, {'HSET', meta}, {'ZADD', ux}
for i = 3, #ARGV, 2 do
  local field, shown = ARGV[i], ARGV[i + 1]
  local value = written[field] or values[(i - 1) / 2]
  local kind, since, last, old = 1, ts, '0', nil
  if value then
    kind = 3
    since, last, old = string.match(value, '^(%d+) (%d+) (.*)$')
  else
    local room, user = string.match(field, '^([^\31]*)\31(.*)$')
    users[#users + 1] = '0'
    users[#users + 1] = user .. US .. room
  end
  if old ~= shown then
    written[field] = since .. ' ' .. last .. ' ' .. shown
    sets[#sets + 1] = field
    sets[#sets + 1] = written[field]
    transit(field, kind, kind == 1 and 1 or 0, tonumber(since), 0, shown)
  end
end
if #sets > 2 then redis.call(unpack(sets)) end
if #users > 2 then redis.call(unpack(users)) end
commit()
return made
