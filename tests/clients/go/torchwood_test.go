package clients

// torchwood: a client that walks a log under a C2SP trust policy, and the verifier of .tlog-proof files.

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

func (r *registry) policy(lines string) torchwood.Policy {
	r.t.Helper()
	policy, err := torchwood.ParsePolicy([]byte(fmt.Sprintf("log %s\n%s", r.logKey, lines)))
	if err != nil {
		r.t.Fatal(err)
	}
	return policy
}

func TestTorchwoodWalksEveryEntryUnderAPolicy(t *testing.T) {
	r := newRegistry(t)
	policy := r.policy("quorum none\n")
	for _, size := range sizesToWalk(t) {
		r.growTo(size)
		fetcher, err := torchwood.NewTileFetcher(r.url + "/log/")
		if err != nil {
			t.Fatal(err)
		}
		client, err := torchwood.NewClient(fetcher)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := fetcher.ReadEndpoint(context.Background(), "checkpoint")
		if err != nil {
			t.Fatal(err)
		}
		checkpoint, _, err := torchwood.VerifyCheckpoint(signed, policy)
		if err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		want := r.entriesOf(size)
		seen := int64(0)
		for index, entry := range client.AllEntries(context.Background(), checkpoint.Tree, 0) {
			if index != seen || !bytes.Equal(entry, want[index]) {
				t.Fatalf("size %d: entry %d came as number %d", size, index, seen)
			}
			seen++
		}
		if err := client.Err(); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		if seen != size {
			t.Fatalf("size %d: only %d entries were walked", size, seen)
		}
		if _, _, err := client.Entry(context.Background(), checkpoint.Tree, size/2); err != nil {
			t.Fatalf("size %d, one entry: %v", size, err)
		}
	}
}

func TestTorchwoodVerifiesProofFilesAndRefusesChangedOnes(t *testing.T) {
	r := newRegistry(t)
	r.growTo(300)
	policy := r.policy("quorum none\n")
	entries := r.entriesOf(300)
	for index := range entries {
		proof := r.get(fmt.Sprintf("/log/proof/%d", index))
		entry, err := torchwood.ProofExtraData(proof)
		if err != nil {
			t.Fatalf("entry %d: %v", index, err)
		}
		if !bytes.Equal(entry, entries[index]) {
			t.Fatalf("the proof of entry %d carries another entry", index)
		}
		if err := torchwood.VerifyProof(policy, tlog.RecordHash(entry), proof); err != nil {
			t.Fatalf("entry %d: %v", index, err)
		}
		other := entries[(index+1)%len(entries)]
		if torchwood.VerifyProof(policy, tlog.RecordHash(other), proof) == nil {
			t.Fatalf("the proof of entry %d was accepted for another entry", index)
		}
	}
}

func TestTorchwoodVerifiesTheFileThatProveWrites(t *testing.T) {
	r := newRegistry(t)
	r.pushFirst()
	file := filepath.Join(t.TempDir(), "app.tlog-proof")
	command := exec.Command(varve(t), "prove", "lib/app:t1", "--out", file, "--server", r.url)
	command.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("varve prove: %v: %s", err, output)
	}
	proof, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := torchwood.ProofExtraData(proof)
	if err != nil {
		t.Fatal(err)
	}
	if err := torchwood.VerifyProof(r.policy("quorum none\n"), tlog.RecordHash(entry), proof); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(entry, []byte(`"type":"oci.tag.set"`)) {
		t.Fatalf("the proof of a tag is about something else: %s", entry)
	}
	openNote(t, entry, r.eventKey)
}
