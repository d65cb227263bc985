package clients

// litewitness, a C2SP witness, built from its own source: it cosigns checkpoints of varve as the log
// grows, given consistency proofs computed from varve's tiles, also over a kill of the server in between.
// Its key lives in an SSH agent, as it demands; the agent here holds that one key.

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

type witness struct {
	t    *testing.T
	url  string
	vkey string
	size int64 // what it cosigned last
}

// serveAgent answers on a socket for as long as the test runs.
func serveAgent(t *testing.T, socket string, key ed25519.PrivateKey) {
	t.Helper()
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_ = agent.ServeAgent(keyring, connection)
			}()
		}
	}()
}

// The log is made known the way the witness's own tool does it: a row for it and one for its key.
func addLog(t *testing.T, database, origin, vkey string) {
	t.Helper()
	db, err := sqlite.OpenConn(database, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		t.Fatal(err)
	}
	insert := func(query string, arguments ...any) {
		if err := sqlitex.Execute(db, query, &sqlitex.ExecOptions{Args: arguments}); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	insert("INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)",
		origin, base64.StdEncoding.EncodeToString(empty[:]))
	insert("INSERT INTO key (origin, key) VALUES (?, ?)", origin, vkey)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// output keeps what a process writes, for whoever waits for a part of it.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(part []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(part)
}

func (o *output) find(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		o.mutex.Lock()
		found := pattern.FindStringSubmatch(o.text.String())
		o.mutex.Unlock()
		if found != nil {
			return found[1]
		}
	}
	t.Fatalf("the witness did not say %v: %s", pattern, o.text.String())
	return ""
}

var witnessKey = regexp.MustCompile(`vkey="?([^ "\n]+)`)

func startWitness(t *testing.T, origin, vkey string) *witness {
	t.Helper()
	dir, err := os.MkdirTemp("", "witness") // short: a socket's path has little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary := filepath.Join(dir, "litewitness")
	build := exec.Command("go", "build", "-o", binary, "filippo.io/torchwood/cmd/litewitness")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building litewitness: %v: %s", err, output)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sshKey, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	serveAgent(t, socket, private)
	address, database := freeAddress(t), filepath.Join(dir, "witness.db")
	process := exec.Command(binary, "-db", database, "-name", "witness.example/w1", "-ssh-agent", socket,
		"-key", ssh.FingerprintSHA256(sshKey), "-listen", address)
	said := &output{}
	process.Stderr = said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Process.Kill(); _ = process.Wait() })
	w := &witness{t: t, url: "http://" + address, vkey: said.find(t, witnessKey)}
	addLog(t, database, origin, vkey)
	return w
}

// submit sends a checkpoint with its proof from what the witness saw last, and returns the status and
// what it answered.
func (w *witness) submit(r *registry, checkpoint []byte, tree tlog.Tree) (int, []byte) {
	w.t.Helper()
	body := &bytes.Buffer{}
	fmt.Fprintf(body, "old %d\n", w.size)
	if w.size > 0 && w.size < tree.N {
		proof, err := tlog.ProveTree(tree.N, w.size, tlog.TileHashReader(tree, tiles{r}))
		if err != nil {
			w.t.Fatalf("the proof from %d to %d: %v", w.size, tree.N, err)
		}
		for _, hash := range proof {
			fmt.Fprintf(body, "%s\n", hash)
		}
	}
	fmt.Fprintf(body, "\n%s", checkpoint)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "POST", w.url+"/add-checkpoint", body)
	if err != nil {
		w.t.Fatal(err)
	}
	var answer *http.Response
	for attempt := 0; ; attempt++ { // it says its key a moment before it listens
		if answer, err = http.DefaultClient.Do(request); err == nil {
			break
		}
		if attempt == 100 {
			w.t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		request.Body, _ = request.GetBody()
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, content
}

func (w *witness) cosign(r *registry) {
	w.t.Helper()
	checkpoint := r.get("/log/checkpoint")
	tree := r.tree()
	status, lines := w.submit(r, checkpoint, tree)
	if status != 200 {
		w.t.Fatalf("from %d to %d: the witness answered %d: %s", w.size, tree.N, status, lines)
	}
	w.size = tree.N
	cosigned := append(append([]byte{}, checkpoint...), lines...)
	policy := r.policy(fmt.Sprintf("witness w1 %s\nquorum w1\n", w.vkey))
	if _, _, err := torchwood.VerifyCheckpoint(cosigned, policy); err != nil {
		w.t.Fatalf("the cosigned checkpoint of size %d: %v", tree.N, err)
	}
	if _, _, err := torchwood.VerifyCheckpoint(checkpoint, policy); err == nil {
		w.t.Fatal("a policy that wants the witness was met without it")
	}
}

func TestAWitnessCosignsTheLogAsItGrowsAndAfterAKill(t *testing.T) {
	r := newRegistry(t)
	w := startWitness(t, r.origin(), r.logKey)
	w.cosign(r)
	for _, size := range []int64{255, 256, 300} {
		r.growTo(size)
		w.cosign(r)
	}
	r.tag("") // acknowledged, perhaps not yet published
	r.kill()
	r.start("--dev")
	if size := r.committed(); size < 301 {
		t.Fatalf("an acknowledged entry is gone: %d entries after the kill", size)
	}
	w.cosign(r)
	r.growTo(r.committed() + 20)
	w.cosign(r)
}

func TestAWitnessRefusesALogItDoesNotKnowAndAForgedCheckpoint(t *testing.T) {
	r := newRegistry(t)
	w := startWitness(t, r.origin(), r.logKey)
	other := newRegistry(t)
	if status, _ := w.submit(other, other.get("/log/checkpoint"), other.tree()); status != 404 {
		t.Fatalf("an unknown log: HTTP %d, not 404", status)
	}
	checkpoint := r.get("/log/checkpoint")
	size := r.size()
	forged := bytes.Replace(checkpoint, []byte(fmt.Sprintf("\n%d\n", size)),
		[]byte(fmt.Sprintf("\n%d\n", size+1)), 1)
	if bytes.Equal(checkpoint, forged) {
		t.Fatalf("the size was not changed: %s", checkpoint)
	}
	if status, _ := w.submit(r, forged, r.tree()); status != 403 {
		t.Fatalf("a forged size: HTTP %d, not 403", status)
	}
	w.cosign(r)
}
