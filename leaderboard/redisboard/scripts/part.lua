-- part: writes a part of what restore is to make a board of.
--
-- KEYS  a temporary key
-- ARGV  1 hset or zadd   2 ms until the key vanishes   then what that command takes,
--       at most 4,000 texts: Lua has a bound
-- Returns 1. Sent twice, it writes the same.
-- Cost  O(texts), about 1 ms for 2,000 on a shared core.

redis.call(ARGV[1], KEYS[1], unpack(ARGV, 3))
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
