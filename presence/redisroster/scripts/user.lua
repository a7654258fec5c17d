-- user tells where in this partition a user is, and when he was last alive.
-- KEYS  ux seen ix on meta
-- ARGV  now, seen for (µs), user
-- gives the last beat or 0, then the rooms
-- cost  2 calls, and 3 for each room he is in
local ux, seen, ix, on, meta = unpack(KEYS)
local user, US = ARGV[3], '\31'
local last = tonumber(redis.call('ZSCORE', seen, user) or 0)
local state = {0}
for _, entry in ipairs(redis.call('ZRANGEBYLEX', ux, '[' .. user .. US, '(' .. user .. ' ')) do
  local room = string.match(entry, '([^\31]*)$')
  local field = room .. US .. user
  state[#state + 1] = room
  last = math.max(last, tonumber(string.match(redis.call('HGET', meta, field), '^%d+ (%d+)')))
  local holders = redis.call('ZRANGEBYLEX', ix, '[' .. field .. US, '(' .. field .. ' ')
  for _, beat in ipairs(redis.call('ZMSCORE', on, unpack(holders))) do
    last = math.max(last, tonumber(beat))
  end
end
if last > now - tonumber(ARGV[2]) then state[1] = last end
return state
