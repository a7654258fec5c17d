-- meta changes what is shown of present users.
-- KEYS  ver cnt idle meta
-- ARGV  now, then (room US user, away and name) for each
-- gives the transitions, as join does
-- cost  1 call; 2 more for each change, and 3 a room
local meta = KEYS[4]
for i = 2, #ARGV, 2 do
  local field, shown = ARGV[i], ARGV[i + 1]
  local value = redis.call('HGET', meta, field)
  if value then
    local since, last, old = string.match(value, '^(%d+) (%d+) (.*)$')
    if old ~= shown then
      redis.call('HSET', meta, field, since .. ' ' .. last .. ' ' .. shown)
      transit(field, 3, 0, tonumber(since), 0, shown)
    end
  end
end
commit()
return made
