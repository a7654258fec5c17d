-- counts reads version and count of rooms, each pair of one moment.
-- KEYS  ver cnt guard
-- ARGV  now, then the rooms, at most 1,000
-- gives whether the partition settles, then (version, count) for each, 0 and 0
--       if unknown
-- cost  3 calls
local settle = redis.call('HGET', KEYS[3], 'settle')
local versions = redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
local counts = redis.call('HMGET', KEYS[2], unpack(ARGV, 2))
local both = {(not settle or tonumber(settle) > now) and 1 or 0}
for i = 1, #ARGV - 1 do
  both[2 * i] = tonumber(versions[i] or 0)
  both[2 * i + 1] = tonumber(counts[i] or 0)
end
return both
