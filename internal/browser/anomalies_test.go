package browser

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const anomaly = "details.anomaly[data-kind=sched-delay]"

func testAnomalies(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	awaitFault(t, p)
	require.Contains(t, textOf(t, p.Tab, anomaly+" .summary"), "waited")
	click(t, p.Tab, anomaly+" .summary")
	until(t, p.Tab, "document.querySelector("+quote(anomaly+" .body")+")")
	body := textOf(t, p.Tab, anomaly+" .body")
	for _, want := range []string{"What to do", "What it does to the service", "Why", "Evidence", "How far to trust it", culprit} {
		require.Contains(t, body, want)
	}
	require.Greater(t, len(textOf(t, p.Tab, anomaly+" .answer p")), 20, "the advice")
	until(t, p.Tab, "document.querySelector("+quote(anomaly+" .because")+")") // the explanation comes after the anomaly
	require.Contains(t, textOf(t, p.Tab, anomaly+" .measures"), "Threshold")
	until(t, p.Tab, "document.querySelector("+quote(anomaly+" a[href^=\"dump?anomaly=\"][download]")+")")

	// Its time is shown on the map.
	click(t, p.Tab, anomaly+" .body footer button")
	require.Equal(t, "heat", eval[string](t, p.Tab, "document.activeElement.id"))
	require.Equal(t, "false", eval[string](t, p.Tab, "document.getElementById('heat-newest').getAttribute('aria-pressed')"))
	p.requireClean(t)
}

func testRules(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	awaitFault(t, p)
	require.Len(t, s.Watcher.Verdicts(), eval[int](t, p.Tab, "document.querySelectorAll('#rules-body tr').length"))
	wrong := eval[[]string](t, p.Tab, `[...document.querySelectorAll("#rules-body tr")].filter((tr) => {
		const [name, state, bar, value, threshold, fired] = [...tr.children].map((e) => e.innerText.trim());
		const applies = state !== "cannot tell" && state !== "switched off";
		return !name || !state || !fired || (applies && (!/\d/.test(value) || !threshold));
	}).map((tr) => tr.innerText)`)
	require.Empty(t, wrong)
	row := eval[[]string](t, p.Tab, "[...document.querySelector('#rules-body tr[data-kind=sched-delay]').children].map((e) => e.innerText)")
	require.Regexp(t, `^[\d.]+ (ns|µs|ms|s)$`, row[3], "the value")
	require.Equal(t, "20 ms", row[4], "the threshold")
	require.Regexp(t, `^\d+ time`, row[5])
	require.True(t, eval[bool](t, p.Tab, "document.querySelector('#rules-body tr[data-kind=sched-delay] .bar.against i').getBoundingClientRect().width > 0"))
	p.requireClean(t)
}
