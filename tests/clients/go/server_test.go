// Package clients lets transparency-log tools that nobody here wrote judge a running varve: libraries for
// signed notes and tlogs, log checkers that walk it over HTTP, and a witness. They are used unmodified.
//
// VARVE names the binary. This file starts servers and grows their logs to the sizes wanted; each test
// file after it speaks for one tool.
package clients

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A log that some test looks at, and the server it comes from.
type registry struct {
	t        *testing.T
	data     string
	url      string
	logKey   string // vkey
	eventKey string // vkey
	process  *exec.Cmd
	tags     int
}

func varve(t *testing.T) string {
	t.Helper()
	path := os.Getenv("VARVE")
	if path == "" {
		t.Fatal("VARVE must name the varve binary to test; ./dev clients does")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

var listening = regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`)

// start serves the directory until the test ends or kill is called.
func (r *registry) start(arguments ...string) {
	r.t.Helper()
	arguments = append([]string{"serve", "--data", r.data, "--listen", "127.0.0.1:0"}, arguments...)
	process := exec.Command(varve(r.t), arguments...)
	stderr, err := process.StderrPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.process = process
	r.t.Cleanup(func() { _ = process.Process.Kill() })
	address := make(chan string, 1)
	go func() {
		defer close(address)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if found := listening.FindStringSubmatch(lines.Text()); found != nil {
				address <- found[1]
			}
		}
	}()
	select {
	case found, ok := <-address:
		if !ok {
			r.t.Fatalf("varve %v ended before it listened", arguments)
		}
		r.url = "http://" + found
	case <-time.After(60 * time.Second):
		r.t.Fatal("varve did not listen within 60 s")
	}
	keys := strings.Fields(string(r.get("/log/vkey")))
	if len(keys) != 2 {
		r.t.Fatalf("/log/vkey holds %d keys, not two", len(keys))
	}
	r.logKey, r.eventKey = keys[0], keys[1]
}

// kill ends the server as a power loss would.
func (r *registry) kill() {
	_ = r.process.Process.Signal(syscall.SIGKILL)
	_ = r.process.Wait()
}

func (r *registry) origin() string { return strings.SplitN(r.logKey, "+", 2)[0] }

// newRegistry serves an empty dev registry: the genesis, the first accounts, and the note that dev
// mode is on.
func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{t: t, data: filepath.Join(t.TempDir(), "data")}
	r.start("--dev")
	return r
}

// newClosedRegistry serves what init makes: the genesis entry and the first accounts.
func newClosedRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{t: t, data: filepath.Join(t.TempDir(), "data")}
	command := exec.Command(varve(t), "init", "--data", r.data, "--origin", "registry.example/one")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("varve init: %v: %s", err, output)
	}
	r.start()
	return r
}

// exchange asks until the answer has come whole; the status is the caller's to judge.
func (r *registry) exchange(method, path, contentType string, body []byte) (int, []byte) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, content
}

func (r *registry) must(status int, method, path, contentType string, body []byte) []byte {
	r.t.Helper()
	got, content := r.exchange(method, path, contentType, body)
	if got != status {
		r.t.Fatalf("%s %s: HTTP %d, not %d: %.300s", method, path, got, status, content)
	}
	return content
}

func (r *registry) get(path string) []byte { return r.must(200, "GET", path, "", nil) }

const manifestType = "application/vnd.oci.image.manifest.v1+json"

// pushFirst puts an artifact without content, so that every further tag of it is one entry.
func (r *registry) pushFirst() {
	config := []byte("{}")
	sum := sha256.Sum256(config)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	r.must(201, "POST", "/v2/lib/app/blobs/uploads/?digest="+digest, "application/octet-stream", config)
	r.tag(digest)
}

func (r *registry) tag(config string) {
	if config == "" {
		sum := sha256.Sum256([]byte("{}"))
		config = "sha256:" + hex.EncodeToString(sum[:])
	}
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"artifactType":"application/vnd.example.note",`+
		`"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":%q,"size":2},"layers":[]}`,
		manifestType, config)
	r.tags++
	r.must(201, "PUT", fmt.Sprintf("/v2/lib/app/manifests/t%d", r.tags), manifestType, []byte(manifest))
}

// size is that of the newest published checkpoint.
func (r *registry) size() int64 {
	lines := strings.Split(string(r.get("/log/checkpoint")), "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		r.t.Fatal(err)
	}
	return size
}

// growTo makes the published log exactly this large, one tag at a time.
func (r *registry) growTo(size int64) {
	r.t.Helper()
	if r.tags == 0 {
		r.pushFirst()
	}
	committed := r.committed()
	if committed > size {
		r.t.Fatalf("the log has %d entries already, more than %d", committed, size)
	}
	for ; committed < size; committed++ {
		r.tag("")
	}
	r.awaitPublished(size)
}

// committed waits until everything acknowledged is published, and says how much it is.
func (r *registry) committed() int64 {
	size := r.size()
	for {
		status, _ := r.exchange("GET", fmt.Sprintf("/log/proof/%d?wait=5", size), "", nil)
		if status == 404 { // there is no entry at this index
			return size
		}
		size = r.size()
	}
}

func (r *registry) awaitPublished(size int64) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		now := r.size()
		if now == size {
			return
		}
		if now > size || time.Now().After(deadline) {
			r.t.Fatalf("the published log has %d entries, not %d", now, size)
		}
	}
}

// sizesToWalk are around everything that changes the shape of the tiles: one entry, a full tile, the
// first entry after it. LOG_SIZES names others, such as "65535 65536 65537" for a second level of tiles.
func sizesToWalk(t *testing.T) []int64 {
	text := os.Getenv("LOG_SIZES")
	if text == "" {
		return []int64{255, 256, 257, 511, 512, 513}
	}
	var sizes []int64
	for _, field := range strings.Fields(text) {
		size, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatalf("LOG_SIZES: %v", err)
		}
		sizes = append(sizes, size)
	}
	return sizes
}
