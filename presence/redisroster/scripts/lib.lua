-- What join, leave, sweep and meta share. It stands before them, so KEYS[1..3]
-- are ver, cnt, idle.
local ver, cnt, idle = KEYS[1], KEYS[2], KEYS[3]
local US = '\31'

local function int(n) return string.format('%.0f', n) end

local ts = int(now)
local rooms, touched, made = {}, {}, {}

-- transit numbers a change of room US user and adds it to the answer.
-- Cost: 2 reads for the first of each room.
local function transit(field, kind, by, since, seen, shown)
  local name = string.match(field, '^[^\31]*')
  local room = rooms[name]
  if not room then
    room = {
      version = tonumber(redis.call('HGET', ver, name) or 0),
      count = tonumber(redis.call('HGET', cnt, name) or 0),
    }
    room.before = room.count
    rooms[name] = room
    touched[#touched + 1] = name
  end
  local prev = room.version
  room.version = math.max(prev + 1, now)
  room.count = room.count + by
  for _, v in ipairs({field, kind, prev, room.version, room.count, since, seen, shown}) do
    made[#made + 1] = v
  end
end

-- commit writes the rooms that transit changed. Cost: 1 to 3 writes a room.
local function commit()
  for _, name in ipairs(touched) do
    local room = rooms[name]
    redis.call('HSET', ver, name, int(room.version))
    if room.count > 0 then
      if room.count ~= room.before then redis.call('HSET', cnt, name, int(room.count)) end
      if room.before == 0 then redis.call('ZREM', idle, name) end
    else
      redis.call('HDEL', cnt, name)
      redis.call('ZADD', idle, ts, name)
    end
  end
end
