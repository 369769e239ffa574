package shop

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// item is what the service sells.
type item struct {
	ID    string            `json:"id"`
	Text  string            `json:"text"`
	Tags  []string          `json:"tags"`
	Attrs map[string]string `json:"attrs"`
}

// routes returns the service's handler.
func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /item", s.item)
	mux.HandleFunc("GET /price", s.price)
	mux.HandleFunc("GET /order", s.order)
	mux.HandleFunc("GET /digest", s.digest)
	mux.HandleFunc("GET /report", s.report)
	return mux
}

// item answers from the cache, in JSON.
func (s *Service) item(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(s.cache.get(r.FormValue("id")))
}

// price asks the HTTP backend.
func (s *Service) price(w http.ResponseWriter, r *http.Request) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, s.backend.url, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	resp, err := s.prices.Do(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

// order asks the store.
func (s *Service) order(w http.ResponseWriter, r *http.Request) {
	reply, err := queryBackend(s.pool, r.FormValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	io.WriteString(w, reply)
}

// digest has a worker compute something.
func (s *Service) digest(w http.ResponseWriter, r *http.Request) {
	w.Write(s.hasher.sum(r.FormValue("id")))
}

// report has a fault's handler answer, if there is one that does.
func (s *Service) report(w http.ResponseWriter, r *http.Request) {
	if broken := s.change().report; broken != nil {
		broken(w, r)
		return
	}
	reportHandler(w, r)
}

// reportHandler gathers a report in a goroutine and waits for it, but not for ever. The channel has
// room for the report, so a goroutine whose caller has left still ends.
func reportHandler(w http.ResponseWriter, r *http.Request) {
	done := make(chan string, 1)
	go func() {
		time.Sleep(time.Millisecond)
		done <- "report"
	}()
	select {
	case rep := <-done:
		io.WriteString(w, rep)
	case <-time.After(time.Second):
		http.Error(w, "report timed out", http.StatusServiceUnavailable)
	}
}
