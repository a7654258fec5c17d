-- refresh beats for holders and adds none. A beat may be earlier than the one
-- before: after a step of the clock it must be.
-- KEYS  on
-- ARGV  now, then room US user US node for each, at most 1,000
-- gives the indices of the missing, from 1
-- cost  1 call; 2 if any is missing
local ts = string.format('%.0f', now)
local beats = {'ZADD', KEYS[1], 'XX', 'CH'}
for i = 2, #ARGV do
  beats[2 * i + 1] = ts
  beats[2 * i + 2] = ARGV[i]
end
local missing = {}
if redis.call(unpack(beats)) < #ARGV - 1 then
  for i, beat in ipairs(redis.call('ZMSCORE', KEYS[1], unpack(ARGV, 2))) do
    if not beat then missing[#missing + 1] = i end
  end
end
return missing
