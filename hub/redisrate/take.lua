-- take: one request of a user, by the generic cell rate algorithm (ITU-T
-- I.371): the key holds when the user's allowance will be full again.
--
-- KEYS  the user's key
-- ARGV  pause between two requests at the full rate, µs; requests at once
-- Returns 0 if the request is allowed, else the µs to wait.
-- Cost  O(1), about 5 µs. Times are below 2^53 µs, exact as doubles.
local pause, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0)) + pause
local wait = full - now - pause * burst
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 0
