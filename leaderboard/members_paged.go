package leaderboard

const pageLen = 1024

// paged is a slice by member number that grows by pages, without moving what
// it holds and without slack. A page is made when something is set in it.
type paged[T any] struct {
	pages []*[pageLen]T
}

// get returns what was set at i, the zero value if nothing was.
func (p *paged[T]) get(i uint32) T {
	page := i / pageLen
	if int(page) >= len(p.pages) || p.pages[page] == nil {
		var zero T
		return zero
	}
	return p.pages[page][i%pageLen]
}

func (p *paged[T]) set(i uint32, v T) {
	page := int(i / pageLen)
	for page >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.pages[page] == nil {
		p.pages[page] = new([pageLen]T)
	}
	p.pages[page][i%pageLen] = v
}
