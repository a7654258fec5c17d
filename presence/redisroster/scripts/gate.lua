-- Begins sweep, before anything that costs: not its turn if another node swept
-- a moment ago and left nothing over. KEYS[9] is guard, ARGV[4] the gate in µs.
local guard = KEYS[9]
local g = redis.call('HMGET', guard, 'last', 'settle', 'more', 'trimmed')
local last = tonumber(g[1] or -1)
if now >= last and now - last < tonumber(ARGV[4]) and g[3] ~= '1' then return {0, {}} end
