-- leave removes a node's holders; unknown ones are ignored.
-- KEYS  ver cnt idle on ix meta ux seen
-- ARGV  now, then room US user US node for each, at most 1,000
-- gives the transitions, as join does
-- cost  1 call, and what lose says
local holders, beats, named = {}, {}, {}
for i, beat in ipairs(redis.call('ZMSCORE', on, unpack(ARGV, 2))) do
  local holder = ARGV[i + 1]
  if beat and not named[holder] then
    named[holder] = true
    holders[#holders + 1] = holder
    beats[#beats + 1] = beat
  end
end
lose(holders, beats)
commit()
return made
