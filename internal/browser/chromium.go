package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is where Debian's package has the browser.
const chromium = "/usr/bin/chromium"

// closing is how long a browser may take to close by itself.
const closing = 10 * time.Second

// Find returns the browser's program, or an error that says how to get it.
func Find() (string, error) {
	path, err := exec.LookPath(chromium)
	if err != nil {
		return "", fmt.Errorf("there is no %s: apt-get install --no-install-recommends chromium", chromium)
	}
	return path, nil
}

// Browser is a browser that runs, with a profile of its own that ends with it.
type Browser struct {
	ctx       context.Context // of the first tab, which keeps the browser open
	allocator context.CancelFunc
	unwatch   func() bool
	once      sync.Once
}

// Open starts a browser, which ends with ctx, or by [Browser.Close], which has to be called in any case.
func Open(ctx context.Context) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root cannot have
	}
	// The allocator has to last until the browser has closed by itself.
	allocated, cancel := chromedp.NewExecAllocator(context.WithoutCancel(ctx), options...)
	b := &Browser{allocator: cancel}
	b.ctx, _ = chromedp.NewContext(allocated) // Close cancels it
	if err := chromedp.Do(b.ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	b.unwatch = context.AfterFunc(ctx, b.close)
	return b, nil
}

// Close ends the browser with all of its tabs, and waits until its processes have ended and its profile is removed.
func (b *Browser) Close() {
	if b.unwatch != nil {
		b.unwatch()
	}
	b.close()
}

func (b *Browser) close() {
	b.once.Do(func() {
		ctx, cancel := context.WithTimeout(b.ctx, closing)
		_ = chromedp.Cancel(ctx) // if it does not close, it is killed
		cancel()
		b.allocator()
	})
}
