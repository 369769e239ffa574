package healthy

import "sync"

// hall has the rooms of the chat. Whoever comes next sits where there is a place.
type hall struct {
	mu    sync.RWMutex
	users int
	rooms [rooms][]chan<- string
}

// enter gives a user a place and returns the room's number.
func (h *hall) enter(outbox chan<- string) (room int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	room = h.users / roomSize % rooms
	h.users++
	h.rooms[room] = append(h.rooms[room], outbox)
	return room
}

// say tells all in a room. Who is too slow to listen misses it.
func (h *hall) say(room int, line string) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, outbox := range h.rooms[room] {
		select {
		case outbox <- line:
		default:
		}
	}
}
