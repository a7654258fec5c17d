-- part dates back the beats of holders whose node stops, so that they expire
-- that much sooner, and keeps with their users that they were alive now.
-- KEYS  on meta
-- ARGV  now, by how much (µs), then room US user US node for each, at most
--       1,000
-- gives nothing
-- cost  3 calls, and 1 if any is there
local on, meta = KEYS[1], KEYS[2]
local before = string.format('%.0f', now - tonumber(ARGV[2]))
local ts = string.format('%.0f', now)
local beats, fields = {'ZADD', on, 'XX'}, {'HMGET', meta}
for i, beat in ipairs(redis.call('ZMSCORE', on, unpack(ARGV, 3))) do
  if beat then
    local holder = ARGV[i + 2]
    beats[#beats + 1] = before
    beats[#beats + 1] = holder
    fields[#fields + 1] = string.match(holder, '^[^\31]*\31[^\31]*')
  end
end
if #beats == 3 then return {} end
redis.call(unpack(beats))
local kept = {'HSET', meta}
for i, value in ipairs(redis.call(unpack(fields))) do
  if value then -- always: all keys change in one step
    local since, last, shown = string.match(value, '^(%d+) (%d+) (.*)$')
    if tonumber(last) < now then
      kept[#kept + 1] = fields[i + 2]
      kept[#kept + 1] = since .. ' ' .. ts .. ' ' .. shown
    end
  end
end
if #kept > 2 then redis.call(unpack(kept)) end
return {}
