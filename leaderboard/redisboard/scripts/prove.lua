-- prove: where sources stand, and, if asked to, a write behind which WAIT and
-- the append-only file hold all of that.
--
-- KEYS  head h, source seqs s, source generations g
-- ARGV  1 n   then n sources, at most 64   then "1" = write
-- Returns {} if there is no board, else {epoch, version, chain, origin, then
--       (seq, generation) of each source}, "0" where there is none.
-- Cost  O(n) for n sources, about 20 µs on a shared core for one.

local call = redis.call
local H, S, G = unpack(KEYS)
local out = call('HMGET', H, 'epoch', 'version', 'chain', 'origin')
if not out[1] then return {} end
out[4] = out[4] or out[1]
local n = tonumber(ARGV[1])
if n > 0 then
  local seqs, generations = call('HMGET', S, unpack(ARGV, 2, n + 1)), call('HMGET', G, unpack(ARGV, 2, n + 1))
  for i = 1, n do
    out[#out + 1] = seqs[i] or '0'
    out[#out + 1] = string.match(generations[i] or '0', '^%d+')
  end
end
if ARGV[n + 2] == '1' then call('HSET', H, 'proof', '1') end
return out
