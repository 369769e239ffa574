package browser

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// patience is how long a tab waits for what a page has to become. A busy machine is slow.
const patience = time.Minute

// Tab is a page of a browser, with storage of its own.
type Tab struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// Open opens an empty tab of a size. Hear is told all events of it, from its beginning on; it may be nil, and must not
// use the tab.
func (b *Browser) Open(width, height int64, hear func(event any)) (*Tab, error) {
	var options []chromedp.ContextOption
	options = append(options, chromedp.WithNewBrowserContext())
	if hear != nil {
		options = append(options, chromedp.WithListener(hear))
	}
	t := &Tab{}
	t.ctx, t.cancel = chromedp.NewContext(b.ctx, options...)
	if err := chromedp.Do(t.ctx); err != nil {
		t.cancel()
		return nil, fmt.Errorf("opening a tab: %w", err)
	}
	// Of a page that nobody has before himself the browser says that it is hidden; then it asks for nothing.
	if _, err := chromedp.Call(t.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.cancel()
		return nil, err
	}
	return t, t.Resize(width, height)
}

// Close closes the tab.
func (t *Tab) Close() { _ = chromedp.Cancel(t.ctx) } // a browser that has gone has no tabs

// Context is what package chromedp needs to do something with the tab.
func (t *Tab) Context() context.Context { return t.ctx }

// Resize gives the tab another size, in CSS pixels that are pixels.
func (t *Tab) Resize(width, height int64) error {
	_, err := chromedp.Call(t.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
	return err
}

// Prefer says which colours the user's system prefers, light or dark.
func (t *Tab) Prefer(scheme string) error {
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	return err
}

// Go opens an address.
func (t *Tab) Go(url string) error { return chromedp.Do(t.ctx, chromedp.Navigate(url)) }

// Eval returns the value of an expression in the page.
func Eval[T any](t *Tab, expression string) (T, error) {
	v, err := chromedp.Run(t.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		return v, fmt.Errorf("%s: %w", expression, err)
	}
	return v, nil
}

// Until waits until an expression is true in the page.
func (t *Tab) Until(expression string) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if yes && err == nil {
			tick.Stop()
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return fmt.Errorf("in %v it has not become true: %s (%w)", patience, expression, err)
		}
	}
}

// Press presses keys, one after another.
func (t *Tab) Press(keys string) error { return chromedp.Do(t.ctx, chromedp.KeyEvent(keys)) }

// Point moves the mouse to a point of the window.
func (t *Tab) Point(x, y float64) error {
	return chromedp.Do(t.ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
}

// ClickAt clicks on a point of the window.
func (t *Tab) ClickAt(x, y float64) error { return chromedp.Do(t.ctx, chromedp.MouseClickXY(x, y)) }

// Click scrolls to the first element that a CSS selector finds, and clicks on its middle once it is there to be
// clicked on: it stands still, and nothing is over it.
func (t *Tab) Click(selector string) error {
	if err := t.Until(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e) return false;
		const r = e.getBoundingClientRect(), at = [r.x + r.width / 2, r.y + r.height / 2];
		const over = document.elementFromPoint(...at), was = window.clicking;
		window.clicking = at;
		if (over && e.contains(over) && was && was.join() === at.join()) { window.clicking = null; window.clickAt = at; return true; }
		if (!over || !e.contains(over)) e.scrollIntoView({ block: "center", behavior: "instant" });
		return false;
	})()`, selector)); err != nil {
		return err
	}
	at, err := Eval[[]float64](t, "window.clickAt")
	if err != nil {
		return err
	}
	if err := t.Point(at[0], at[1]); err != nil {
		return err
	}
	return t.ClickAt(at[0], at[1])
}

// Picture takes a picture of the page from the top of what one CSS selector finds to the bottom of what another
// does, as PNG.
func (t *Tab) Picture(from, to string) ([]byte, error) {
	clip, err := Eval[page.Viewport](t, fmt.Sprintf(`(() => {
		scrollTo({ top: 0, behavior: "instant" });
		const a = document.querySelector(%q).getBoundingClientRect(), b = document.querySelector(%q).getBoundingClientRect();
		return { x: 0, y: Math.max(0, a.top - 8), width: innerWidth, height: b.bottom - Math.max(0, a.top - 8) + 8, scale: 1 };
	})()`, from, to))
	if err != nil {
		return nil, err
	}
	yes := true
	r, err := chromedp.Call(t.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: &clip, CaptureBeyondViewport: &yes})
	if err != nil {
		return nil, fmt.Errorf("taking a picture: %w", err)
	}
	return r.Data, nil
}
