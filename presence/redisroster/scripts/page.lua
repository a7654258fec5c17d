-- page reads one page of a room, with the version and count that it is of.
-- KEYS  ver cnt ix meta guard
-- ARGV  now, room, the lowest holder wanted, limit of users
-- gives version, count, 1 while settling, 1 if users follow, then (user, since
--       SP seen SP away and name) for each
-- cost  3 calls, and 2 for 500 holders
local ver, cnt, ix, meta, guard = unpack(KEYS)
local room, limit = ARGV[2], tonumber(ARGV[4])
local settle = redis.call('HGET', guard, 'settle')
local page = {
  tonumber(redis.call('HGET', ver, room) or 0),
  tonumber(redis.call('HGET', cnt, room) or 0),
  (not settle or tonumber(settle) > now) and 1 or 0,
  0,
}
local from, to, found, before = '[' .. ARGV[3], '(' .. room .. ' ', 0, nil
while limit > 0 do
  local most = math.min(limit - found + 1, 500)
  local holders = redis.call('ZRANGEBYLEX', ix, from, to, 'LIMIT', 0, most)
  local fields, users = {'HMGET', meta}, {}
  for _, holder in ipairs(holders) do
    local field, user = string.match(holder, '^([^\31]*\31([^\31]*))')
    if user ~= before then
      before = user
      if found == limit then page[4] = 1 break end
      found = found + 1
      users[#users + 1] = user
      fields[#fields + 1] = field
    end
  end
  if #users > 0 then
    for i, value in ipairs(redis.call(unpack(fields))) do
      page[#page + 1] = users[i]
      page[#page + 1] = value
    end
  end
  if page[4] == 1 or #holders < most then break end
  from = '(' .. holders[#holders]
end
return page
