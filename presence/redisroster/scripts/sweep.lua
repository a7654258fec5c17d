-- sweep removes holders without a beat for the threshold, unless it is not its
-- turn or the beats could not come.
-- KEYS  ver cnt idle on ix meta ux seen guard
-- ARGV  now, threshold, limit (at most 1,000), gate, gap, seen for, seen max,
--       room for; all times in µs
-- gives {the number removed, the transitions as join gives them}
-- cost  1 call when gated; else 3, what lose says, and 4 once a gap
local threshold, limit, gap = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local settle, trimmed = tonumber(g[2] or 0), tonumber(g[4] or -1)

-- Beats could not come while Redis stood still or forgot: their absence proves
-- nothing before they had a threshold to come again.
if last < 0 or now < last or now - last > gap then settle = now + threshold end

local dead, beats = {}, {}
if now >= settle then
  local found = redis.call('ZRANGEBYSCORE', on, '-inf', int(now - threshold), 'WITHSCORES', 'LIMIT', 0, limit)
  for i = 1, #found, 2 do
    dead[#dead + 1] = found[i]
    beats[#beats + 1] = found[i + 1]
  end
end
local more = #dead == limit and 1 or 0
lose(dead, beats)
commit()

if now < last or now - trimmed >= gap then
  local function before(key, age)
    return redis.call('ZRANGEBYSCORE', key, '-inf', int(now - tonumber(age)), 'LIMIT', 0, 1000)
  end
  local old = before(seen, ARGV[6])
  if #old > 0 then redis.call('ZREM', seen, unpack(old)) end
  local over = redis.call('ZCARD', seen) - tonumber(ARGV[7])
  if over > 0 then redis.call('ZREMRANGEBYRANK', seen, 0, math.min(over, 1000) - 1) end
  local quiet = before(idle, ARGV[8])
  if #quiet > 0 then
    redis.call('HDEL', ver, unpack(quiet))
    redis.call('ZREM', idle, unpack(quiet))
  end
  -- A clock that went back left beats in the future, where they would not end.
  local ahead = redis.call('ZRANGEBYSCORE', on, '(' .. int(now + threshold), '+inf', 'LIMIT', 0, 1000)
  for _, holder in ipairs(ahead) do redis.call('ZADD', on, ts, holder) end
  trimmed = #ahead == 1000 and 0 or now
end
redis.call('HSET', guard, 'last', ts, 'settle', int(settle), 'more', more, 'trimmed', int(trimmed))
return {#dead, made}
