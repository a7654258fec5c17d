-- Begins every script. ARGV[1] is the time in µs since 1970; 0 = Redis's own.
-- Every number is an integer below 2^53.
local now = tonumber(ARGV[1])
if now == 0 then
  local t = redis.call('TIME')
  now = t[1] * 1000000 + t[2]
end
