-- claim: raises a source's generation by one, which fences its older senders.
--
-- KEYS  head h, source seqs s, source generations g
-- ARGV  1 source   2 a random token: sent twice, it raises once
-- Returns {} if there is no board, else {generation, seq, epoch, version, chain,
--       origin}.
-- Cost  O(1), about 20 µs on a shared core.

local call = redis.call
local H, S, G = unpack(KEYS)
local epoch, version, chain, origin = unpack(call('HMGET', H, 'epoch', 'version', 'chain', 'origin'))
if not epoch then return {} end
local generation, token = string.match(call('HGET', G, ARGV[1]) or '0 ', '^(%d+) (.*)$')
if token ~= ARGV[2] then
  generation = string.format('%.0f', tonumber(generation) + 1)
  call('HSET', G, ARGV[1], generation .. ' ' .. ARGV[2])
end
return { generation, call('HGET', S, ARGV[1]) or '0', epoch, version, chain, origin or epoch }
