package hub

import (
	"net/http"
	"time"

	"rollcall/wire"
)

func (h *Hub) getRooms(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	counts, err := h.people.list(r.Context())
	if err != nil {
		return storeFault("", err)
	}
	all := wire.Rooms{Rooms: []wire.RoomCount{}}
	for _, c := range counts {
		if p.InRoom(c.Room) {
			all.Rooms = append(all.Rooms, wire.RoomCount{Room: c.Room, Version: c.Version, Count: c.Count, Degraded: c.Settling || h.tracker.Degraded()})
		}
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

func (h *Hub) getPresence(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	limit, fault := number(r, "limit", 100, 1, wire.MaxPage)
	if fault != nil {
		return fault
	}
	after := r.URL.Query().Get("after")
	if after != "" {
		if fault := wire.CheckMember("after", after); fault != nil {
			return fault
		}
	}
	room, fault := roomOf(r, p)
	if fault != nil {
		return fault
	}
	page, err := h.people.page(r.Context(), room, after, limit)
	if err != nil {
		return storeFault("", err)
	}
	writeJSON(w, http.StatusOK, wire.PresencePage{
		Room: room, Version: page.Version, Count: page.Count, Degraded: page.Settling || h.tracker.Degraded(),
		Users: toUsers(page.Users), Next: page.Next,
	})
	return nil
}

func (h *Hub) getCount(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	room, fault := roomOf(r, p)
	if fault != nil {
		return fault
	}
	page, err := h.people.count(r.Context(), room)
	if err != nil {
		return storeFault("", err)
	}
	writeJSON(w, http.StatusOK, wire.RoomCount{Room: room, Version: page.Version, Count: page.Count, Degraded: page.Settling || h.tracker.Degraded()})
	return nil
}

func roomOf(r *http.Request, p *Principal) (string, *wire.Error) {
	room := r.PathValue("room")
	if fault := wire.CheckName("room", room); fault != nil {
		return "", fault
	}
	if !p.InRoom(room) {
		return "", &wire.Error{Code: wire.Forbidden, Field: "room", Message: "this token does not cover the room"}
	}
	return room, nil
}

func (h *Hub) getUser(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	user := r.PathValue("user")
	if fault := wire.CheckMember("user", user); fault != nil {
		return fault
	}
	state, err := h.people.user(r.Context(), user)
	if err != nil {
		return storeFault("", err)
	}
	res := wire.UserState{User: user, Online: state.Online, Rooms: []string{}}
	for _, room := range state.Rooms {
		if p.InRoom(room) {
			res.Rooms = append(res.Rooms, room)
		}
	}
	if !state.LastSeen.IsZero() {
		res.LastSeen = state.LastSeen.Truncate(time.Minute).UnixMilli()
	}
	writeJSON(w, http.StatusOK, res)
	return nil
}

func (h *Hub) getMe(w http.ResponseWriter, r *http.Request, p *Principal) *wire.Error {
	if user := r.URL.Query().Get("user"); user != "" && p.Keyless {
		if fault := wire.CheckMember("user", user); fault != nil {
			return fault
		}
		*p = h.keyless(user)
	}
	roles := make([]string, len(p.Roles))
	for i, role := range p.Roles {
		roles[i] = string(role)
	}
	writeJSON(w, http.StatusOK, wire.Me{User: p.User, Name: p.Name, Member: p.MemberOn(""), Roles: roles})
	return nil
}

func (h *Hub) getContest(w http.ResponseWriter, _ *http.Request, p *Principal) *wire.Error {
	c := h.cfg.Contest
	c.Now = time.Now().UnixMilli()
	if c.Problems == nil {
		c.Problems = []wire.Problem{}
	}
	if !p.Can(Admin) {
		c.Participants = nil
	}
	writeJSON(w, http.StatusOK, c)
	return nil
}

func (h *Hub) getNodes(w http.ResponseWriter, _ *http.Request, p *Principal) *wire.Error {
	if !p.Can(Admin) && !p.Can(Jury) {
		return &wire.Error{Code: wire.Forbidden, Message: "needs the role jury or admin"}
	}
	writeJSON(w, http.StatusOK, wire.Nodes{Nodes: h.allNodes()})
	return nil
}

func (h *Hub) getMetrics(w http.ResponseWriter, r *http.Request, _ *Principal) *wire.Error {
	h.metrics.serve(w, r)
	return nil
}
