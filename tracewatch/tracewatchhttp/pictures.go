package tracewatchhttp

import (
	"context"
	"net/http"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// pictureParams are the parameters of a picture.
var pictureParams = []string{"seconds", "width", "height", "dark"}

func (h *handler) servePNG(x *exchange) error { return h.servePicture(x, "image/png", false) }
func (h *handler) serveSVG(x *exchange) error { return h.servePicture(x, "image/svg+xml", true) }

// servePicture draws the heat maps.
func (h *handler) servePicture(x *exchange, contentType string, svg bool) error {
	seconds, err := x.query.whole("seconds", 60, 1, limits.PagePictureSeconds)
	if err != nil {
		return err
	}
	width, err := x.query.whole("width", 1200, limits.PagePictureMinWidth, limits.PagePictureWidth)
	if err != nil {
		return err
	}
	height, err := x.query.whole("height", 600, limits.PagePictureMinHeight, limits.PagePictureHeight)
	if err != nil {
		return err
	}
	dark, err := x.query.whole("dark", 0, 0, 1)
	if err != nil {
		return err
	}
	if err := h.documents.enter(x.r.Context()); err != nil {
		return err
	}
	defer h.documents.leave()
	if err := h.picRate.take(); err != nil {
		return err
	}
	var body limited
	picture := tracewatch.Picture{Width: int(width), Height: int(height), Dark: dark == 1, Title: h.program.Name}
	if err := h.draw(x.r.Context(), &body, detectors.Time(seconds*1e9), picture, svg); err != nil {
		return err
	}
	x.send(http.StatusOK, contentType, body.Bytes())
	return nil
}

// draw draws the heat maps of that long.
func (h *handler) draw(ctx context.Context, body *limited, long detectors.Time, p tracewatch.Picture, svg bool) error {
	return h.analyse(ctx, func(context.Context) error {
		heat := h.src.Heat(0, limits.PageHeat)
		if len(heat) == 0 {
			return errNoTrace
		}
		from := heat[len(heat)-1].End - long
		for len(heat) > 1 && heat[0].End <= from {
			heat = heat[1:]
		}
		return h.src.draw(body, heat, p, svg)
	})
}
