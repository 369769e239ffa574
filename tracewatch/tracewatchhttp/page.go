package tracewatchhttp

import "embed"

//go:embed assets
var assets embed.FS // of the page
