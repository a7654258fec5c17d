-- sources: where sources of a board stand, at one head. It only reads.
--
-- KEYS  head h, source seqs s, source generations g, refusals of sources x
-- ARGV  1 of so many sources it tells all   then, if there are more, those that it
--       tells: at most 5,000, for Lua has a bound of 8,000 texts or so
-- Returns {} if there is no board, else {epoch, version, chain, rules, origin,
--       how many fields s, g and x have, all}. If all is 1, then {source, seq, …},
--       {source, generation and token, …}; if 0, then {seq, …}, {generation and
--       token, …} of those asked for, nil = none.
-- Cost  O(sources), about 3 ms for 1,000 on a shared core.

local call = redis.call
local H, S, G, X = unpack(KEYS)
local epoch, version, chain, rules, origin = unpack(call('HMGET', H, 'epoch', 'version', 'chain', 'rules', 'origin'))
if not epoch then return {} end
local most, seqs, generations = tonumber(ARGV[1]), call('HLEN', S), call('HLEN', G)
local out = { epoch, version, chain, rules, origin or epoch, seqs, generations, call('HLEN', X) }
if seqs <= most and generations <= most then
  out[9], out[10], out[11] = 1, call('HGETALL', S), call('HGETALL', G)
elseif #ARGV > 1 then
  out[9], out[10], out[11] = 0, call('HMGET', S, unpack(ARGV, 2)), call('HMGET', G, unpack(ARGV, 2))
else
  out[9], out[10], out[11] = 0, {}, {}
end
return out
