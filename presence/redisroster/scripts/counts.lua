-- counts reads version and count of rooms, each pair of one moment.
-- KEYS  ver cnt
-- ARGV  now (not needed), then the rooms, at most 1,000
-- gives (version, count) for each, 0 and 0 if unknown
-- cost  2 calls
local versions = redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
local counts = redis.call('HMGET', KEYS[2], unpack(ARGV, 2))
local both = {}
for i = 1, #ARGV - 1 do
  both[2 * i - 1] = tonumber(versions[i] or 0)
  both[2 * i] = tonumber(counts[i] or 0)
end
return both
