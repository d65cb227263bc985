// What one I/O thread knows about its connections: the time, the deadlines, the drain. Everything
// here belongs to that thread.
//
// Deadlines have no timer each: a timer per read and write costs half a microsecond of the four
// that a small request takes. One tick a few times a second walks the connections instead, so a
// deadline is late by at most a tick. Time stands still between ticks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/memory.h"

namespace varve::http {

using Time = std::chrono::steady_clock::time_point;

class Loop;

// How many bytes moved in how much waiting, in one direction of one message. What a handler takes
// between two reads is not held against the client.
struct Flow {
  std::uint64_t bytes = 0;
  Time::duration waited{};
};

// A connection as the tick sees it. Unlinks itself when destroyed.
class Connection {
 public:
  explicit Connection(Loop& loop);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Makes pending and later operations fail, so that the session ends by itself. Never closes the
  // descriptor: somebody may hold its number.
  virtual void cut() = 0;
  bool idle() const { return phase_ == Phase::idle; }
  bool overdue(Time now) const;

 protected:
  enum class Phase : std::uint8_t {
    opening,   // from the connection's first moment to the end of its TLS handshake
    idle,      // between requests
    head,      // from a header's first byte to its end
    handling,  // ours: no deadline
    flowing,   // body bytes, either direction
    closing,   // the answer is out, the rest is read away
  };
  void enter(Phase phase);
  // Counts a wait that began with enter(Phase::flowing).
  void flowed(std::size_t bytes);
  void restart_flow() { flow_ = Flow{}; }
  Loop& loop() const { return loop_; }

 private:
  friend class Loop;
  bool too_slow(Time now) const;

  Loop& loop_;
  Connection* previous_ = nullptr;
  Connection* next_ = nullptr;
  Phase phase_ = Phase::idle;
  Time since_;
  Flow flow_;
};

// A buffer of a loop, given back to it at the end: limits::kBodyWindowBytes, or kSmallWindowBytes
// while the memory for bodies is used up. Small ones are not counted: each connection has two at
// most.
class Window {
 public:
  Window() = default;
  Window(Window&& other) noexcept { swap(other); }
  Window& operator=(Window&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Window() { reset(); }
  explicit operator bool() const { return bytes_ != nullptr; }
  char* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  void reset();

 private:
  friend class Loop;
  void swap(Window& other) noexcept {
    std::swap(loop_, other.loop_);
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
  }

  Loop* loop_ = nullptr;
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};
inline constexpr std::size_t kSmallWindowBytes = 16 << 10;

class Loop {
 public:
  explicit Loop(MemoryBudget& memory = process_memory()) : memory_(memory) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  // Moves time on and cuts what is overdue.
  void tick(Time now, std::int64_t unix_seconds);
  Time now() const { return now_; }
  std::string_view date() const { return date_; }  // a complete header line

  // From now on answers say "Connection: close"; idle connections are cut at once.
  void drain();
  bool draining() const { return draining_; }
  void cut_all();
  std::size_t size() const { return size_; }

  // Some are kept warm: fresh ones cost more page faults than the copy.
  Window take_window();
  MemoryBudget& memory() const { return memory_; }

 private:
  friend class Connection;
  friend class Window;
  void give_window(std::unique_ptr<char[]> bytes);

  MemoryBudget& memory_;
  Connection* first_ = nullptr;
  std::size_t size_ = 0;
  Time now_{};
  std::int64_t unix_seconds_ = -1;
  std::string date_;
  bool draining_ = false;
  std::vector<std::unique_ptr<char[]>> windows_;
};

}  // namespace varve::http
