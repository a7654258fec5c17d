-- What leave and sweep share, after lib.lua: KEYS[4..8] are on, ix, meta, ux,
-- seen.
local on, ix, meta, ux, seen = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]

-- lose removes holders, room US user US node, at most 1,000, whose last beats
-- are given; a user whose last one it was leaves. Cost: 7 calls, 1 more for
-- each user and 4 a room.
local function lose(holders, beats)
  if #holders == 0 then return end
  redis.call('ZREM', on, unpack(holders))
  redis.call('ZREM', ix, unpack(holders))
  local fields, latest = {}, {}
  for i, holder in ipairs(holders) do
    local field = string.match(holder, '^[^\31]*\31[^\31]*')
    if not latest[field] then fields[#fields + 1] = field end
    latest[field] = math.max(latest[field] or 0, tonumber(beats[i]))
  end
  local gone, uses, lasts, kept = {'HDEL', meta}, {'ZREM', ux}, {'ZADD', seen, 'GT'}, {'HSET', meta}
  for i, value in ipairs(redis.call('HMGET', meta, unpack(fields))) do
    local field = fields[i]
    if value then -- always: all keys change in one step
      local since, last, shown = string.match(value, '^(%d+) (%d+) (.*)$')
      local beat = math.max(tonumber(last), latest[field])
      local others = redis.call('ZRANGEBYLEX', ix, '[' .. field .. US, '(' .. field .. ' ', 'LIMIT', 0, 1)
      if #others > 0 then
        kept[#kept + 1] = field
        kept[#kept + 1] = since .. ' ' .. int(beat) .. ' ' .. shown
      else
        local room, user = string.match(field, '^(.*)\31(.*)$')
        gone[#gone + 1] = field
        uses[#uses + 1] = user .. US .. room
        lasts[#lasts + 1] = int(beat)
        lasts[#lasts + 1] = user
        transit(field, 2, -1, tonumber(since), beat, shown)
      end
    end
  end
  if #kept > 2 then redis.call(unpack(kept)) end
  if #gone > 2 then
    redis.call(unpack(gone))
    redis.call(unpack(uses))
    redis.call(unpack(lasts))
  end
end
