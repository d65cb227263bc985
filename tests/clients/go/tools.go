//go:build tools

// Programs the tests build, named here so that go.mod pins them and everything they need.
package clients

import _ "filippo.io/torchwood/cmd/litewitness"
