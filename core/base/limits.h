// Every bound of varve in one place, each with the clause or reason behind it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace varve::limits {

using namespace std::chrono_literals;

// --- the log -------------------------------------------------------------------------------------
// An entry sits behind a 16-bit length in a C2SP entry bundle (tlog-tiles).
inline constexpr std::size_t kEntryBytesMax = 65'535;
// One commit, but for what closes it: the width of a tile; more gained nothing in measurements.
inline constexpr std::size_t kBatchEventsMax = 256;
inline constexpr std::size_t kBatchBytesMax = 8 << 20;
// Rows one commit may change before it takes no further command: a manifest of thousands of
// references is deleted in a request of no size.
inline constexpr std::size_t kBatchRowsMax = 100'000;
// The ledger's queue; full means 503 at once (Tessera pushes back at 4,096 too).
inline constexpr std::size_t kQueueCommandsMax = 4'096;
inline constexpr std::size_t kQueueBytesMax = 64 << 20;
// Rows the writer keeps from its last lookups: some hundred thousand.
inline constexpr std::size_t kWriterCacheBytesMax = 32 << 20;
// A clock further behind the newest entry than this would make time lie: mutations wait.
inline constexpr auto kClockBehindMax = 10min;
// How long /log/proof may hold an answer (?wait=).
inline constexpr auto kProofWaitMax = 10s;
// How many may wait so at a time: each looks at the head again and again until its time is over.
inline constexpr std::size_t kProofWaitersMax = 256;

// --- OCI -----------------------------------------------------------------------------------------
// distribution-spec: registries SHOULD accept 4 MB; the common cap is 4 MiB, beyond it 413.
inline constexpr std::size_t kManifestBytesMax = 4 << 20;
// Distinct objects one manifest may refer to: each is a look-up on the ledger's thread.
inline constexpr std::size_t kManifestReferencesMax = 10'000;
inline constexpr std::size_t kJsonDepthMax = 64;
// Clients cap host/name at 255; 229 leaves room for a 25-character host.
inline constexpr std::size_t kRepoNameBytesMax = 229;
inline constexpr std::size_t kTagBytesMax = 128;
// Tags that go with a manifest deleted by digest: they are one batch of the ledger.
inline constexpr std::size_t kTagsDeletedAtOnceMax = 10'000;
inline constexpr std::size_t kTagsPageMax = 10'000;
// Rows that go with a deleted repository: they are one batch of the ledger. An image of six layers
// that shares none of them has some twenty-five.
inline constexpr std::size_t kRepoRowsDeletedMax = 50'000;
// Tags one PUT of a manifest may set: distribution-spec after 1.1.1 asks for 10 at least.
inline constexpr std::size_t kTagsPutMax = 64;
inline constexpr std::size_t kReposPageMax = 10'000;
// One page of referrers. Their annotations are copied from the bodies, which may have 4 MiB each: a
// page ends when so many bytes of bodies were read.
inline constexpr std::size_t kReferrersPageMax = 1'000;
inline constexpr std::size_t kReferrersBodyBytesMax = 8 << 20;
// One page of a tag's history: each version costs a look at its entry.
inline constexpr std::size_t kHistoryPageMax = 1'000;
// One page of /acr/v1: each item costs looks at entries, each manifest one at its body and one at
// its config, if that is no longer than any that tools make. ACR's own pages have 100.
inline constexpr std::size_t kAcrPageDefault = 100;
inline constexpr std::size_t kAcrPageMax = 1'000;
inline constexpr std::size_t kAcrConfigBytesMax = 128 << 10;
inline constexpr std::size_t kAcrTagsOfManifestMax = 100;
// Rows one listing looks at, those that it skips included; more is left for the next page.
inline constexpr std::size_t kScanRowsMax = 20'000;
inline constexpr std::size_t kMediaTypeBytesMax = 255;

// --- Warg ----------------------------------------------------------------------------------------
// Both from the reference's OpenAPI file.
inline constexpr std::size_t kPackageNameBytesMax = 128;
inline constexpr std::size_t kWargRecordBytesMax = 1 << 20;
// Entries of one record: each is a look-up and a row on the ledger's thread. Clients send a few.
inline constexpr std::size_t kWargRecordEntriesMax = 1'000;
inline constexpr std::size_t kVersionBytesMax = 256;
// How far ahead of ours a publisher's clock may be: a record from the far future would keep
// everybody else from appending to its log.
inline constexpr auto kWargClockAheadMax = 5min;
// How long a record's content may be on its way before the log takes another record.
inline constexpr auto kWargSourcingMax = 24h;
// A JSON body, records in base 64 included: the reference server's bound.
inline constexpr std::size_t kWargJsonBytesMax = 2 << 20;
// Of one log in one answer, rows of the ledger, and names; the reference's.
inline constexpr std::size_t kWargRecordsPerLogMax = 1'000;
inline constexpr std::size_t kWargRecordsPerLogDefault = 100;
inline constexpr std::size_t kWargLedgerRowsMax = 1'000;
inline constexpr std::size_t kWargNamesMax = 1'000;
// Records in one answer, as bytes: beyond the first bound each further log gets one record, which
// clients need to go on; beyond the second the request asks for too many logs.
inline constexpr std::size_t kWargFetchBytesSoftMax = 4 << 20;
inline constexpr std::size_t kWargFetchBytesMax = 32 << 20;
// Leaves of one proof: each is some twenty hashes of the tree and as many pages of the map.
inline constexpr std::size_t kWargProofLeavesMax = 1'000;
// Packages that are looked at for one that the caller may read: content is seldom in several.
inline constexpr std::size_t kWargReleasersMax = 256;

// --- accounts ------------------------------------------------------------------------------------
// Credentials of one principal that are not revoked: each is looked at when a password changes.
inline constexpr std::size_t kCredentialsMax = 100;
// Public keys of one principal that are not revoked: each is looked at when one is registered.
inline constexpr std::size_t kKeysMax = 100;
// Why a principal was disabled, or a credential or key revoked: it stands in the log for ever.
inline constexpr std::size_t kReasonBytesMax = 200;
// A password that is set: Argon2id reads all of it.
inline constexpr std::size_t kPasswordBytesMax = 1'024;
// What a request shows as name and password: longer ones are nobody's. Tokens stand where passwords
// do, and a refresh token is a JWT.
inline constexpr std::size_t kShownUserBytesMax = 255;
inline constexpr std::size_t kShownPasswordBytesMax = 8'192;

// --- SWR -----------------------------------------------------------------------------------------
// Its documents say how long an organisation's name may be, and a repository's within it.
inline constexpr std::size_t kNamespaceBytesMax = 64;
inline constexpr std::size_t kSwrRepoBytesMax = 128;
// "A brief description", of no stated length. It stands in an entry, for ever.
inline constexpr std::size_t kDescriptionBytesMax = 4'096;
// Principals whose access one request changes: each is an event of one run.
inline constexpr std::size_t kAccessChangesMax = 64;
// One page: SWR's own numbers. Without a limit and an offset, as many as we ever send.
inline constexpr std::size_t kSwrPageMax = 1'000;
inline constexpr std::size_t kSwrReposMax = 10'000;
// Names of tags in one answer that lists repositories, and of one of them.
inline constexpr std::size_t kSwrTagNamesMax = 100'000;
inline constexpr std::size_t kSwrTagNamesOfRepoMax = 10'000;

// --- HTTP ----------------------------------------------------------------------------------------
inline constexpr std::uint32_t kHeaderBytesMax = 16 << 10;
inline constexpr std::size_t kTargetBytesMax = 8 << 10;
inline constexpr std::size_t kConnectionsMax = 4'096;
// With fewer a server is of no use: one browser or one docker push opens half a dozen.
inline constexpr std::size_t kConnectionsMin = 64;
inline constexpr auto kIdleMax = 60s;                    // between requests
inline constexpr auto kHeaderDeadline = 10s;             // first byte to end of header
inline constexpr auto kBodyStallMax = 30s;               // no byte of a body, either direction
inline constexpr std::size_t kBodyRateMinBytes = 1'024;  // a second, averaged, after the first 30 s
inline constexpr std::size_t kBodyWindowBytes = 512 << 10;
// Bodies in memory, of all connections together: windows on their way and manifests held whole.
inline constexpr std::size_t kBodiesBytesMax = 256 << 20;
inline constexpr auto kDrainMax = 30s;  // from SIGTERM to cutting what still runs

// --- descriptors ---------------------------------------------------------------------------------
// Who else holds some beside connections. The ledger opens files while it works: were there none
// left for it, a flood of idle connections would stop it for good.
inline constexpr int kStoreFilesMax = 512;
inline constexpr std::size_t kIdleUploadsMax = 256;  // their files stay open between two requests
inline constexpr std::size_t kOtherFilesMax =
    64;  // journal, anchor, log, sockets that listen, epoll

// --- uploads -------------------------------------------------------------------------------------
inline constexpr auto kUploadExpiry = 24h;
inline constexpr std::size_t kUploadsMax = 10'000;
inline constexpr std::uint64_t kDiskLowWaterDefault = 256ull << 20;

// A shorter life would end uploads of clients that are only slow to continue.
inline constexpr std::chrono::milliseconds kUploadLifetimeMin = 1h;
inline constexpr std::chrono::milliseconds kUploadLifetimeMinInDev = 1s;

// How long after the last word about it a blob must stay at least: a push sends its layers first
// and the manifest last, and the largest layer of the slowest one worth waiting for, 1 GiB at 300
// KiB/s, takes an hour.
inline constexpr std::chrono::milliseconds kGraceMin = 1h;
// Blobs that clients may be counting on at once; beyond it, all blobs are taken to be.
inline constexpr std::size_t kLeasesMax = 65'536;
// What a pass of the purger lists, and what it takes on; the rest is for the next one.
inline constexpr std::size_t kPurgeItemsMax = 1'000;
inline constexpr std::size_t kPurgeCandidatesMax = 100'000;

}  // namespace varve::limits
