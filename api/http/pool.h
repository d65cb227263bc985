// A bounded pool of threads for what may block longer than an I/O thread is allowed to (1 ms): file
// syncs, blob reads, re-hashing. run() is called from a coroutine and resumes it on its own
// executor; start() lets the coroutine go on and wait later.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace varve::http {

// What work came to: its value, or what it threw. That belongs to the coroutine that waits, for
// there is where an exception ends that is a defect, or memory that one request wants too much of;
// on the pool's thread it would end the process.
template <class Value>
using Outcome = std::variant<Value, std::exception_ptr>;

template <class Work>
Outcome<std::invoke_result_t<Work&>> outcome_of(Work& work) noexcept {
  try {
    return work();
  } catch (...) {
    return std::current_exception();
  }
}

template <class Value>
Value value_of(Outcome<Value> outcome) {
  if (auto* thrown = std::get_if<std::exception_ptr>(&outcome)) std::rethrow_exception(*thrown);
  return std::get<Value>(std::move(outcome));
}

// Work under way on the pool. Belongs to the coroutine that started it, and to its executor.
template <class Value>
class Started {
 public:
  // Once. Whatever the work refers to must live until then. Throws what the work threw.
  boost::asio::awaitable<Value> value() {
    auto received = channel_->async_receive(boost::asio::use_awaitable);
    co_return value_of<Value>(co_await std::move(received));
  }

 private:
  friend class Pool;
  using Channel =
      boost::asio::experimental::channel<void(boost::system::error_code, Outcome<Value>)>;
  explicit Started(const boost::asio::any_io_executor& executor)
      : channel_(std::make_shared<Channel>(executor, 1)) {}
  std::shared_ptr<Channel> channel_;  // touched on its executor only
};

class Pool {
 public:
  explicit Pool(std::size_t threads) : threads_(threads) {}

  // `work` must outlive nothing but itself: capture by value or await at once. What it throws is
  // thrown here.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work&>> run(Work work) {
    using Value = std::invoke_result_t<Work&>;
    auto pending = begin(std::move(work));
    co_return value_of<Value>(co_await std::move(pending));
  }

  // Begins at once; the caller, which runs on `executor`, goes on and takes the value later.
  template <class Work>
  Started<std::invoke_result_t<Work&>> start(const boost::asio::any_io_executor& executor,
                                             Work work) {
    Started<std::invoke_result_t<Work&>> started(executor);
    auto guard = boost::asio::make_work_guard(executor);
    boost::asio::post(threads_, [channel = started.channel_, executor, guard = std::move(guard),
                                 task = std::move(work)]() mutable {
      boost::asio::post(executor,
                        [channel = std::move(channel), outcome = outcome_of(task)]() mutable {
                          channel->try_send(boost::system::error_code(), std::move(outcome));
                        });
    });
    return started;
  }

  void join() { threads_.join(); }

 private:
  // A plain function builds the operation, so that no capturing lambda shares a co_await
  // expression.
  template <class Work>
  boost::asio::awaitable<Outcome<std::invoke_result_t<Work&>>> begin(Work work) {
    using Done = void(Outcome<std::invoke_result_t<Work&>>);
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, Done>(
        [this](auto handler, Work task) {
          auto executor = boost::asio::get_associated_executor(handler);
          auto guard = boost::asio::make_work_guard(executor);
          boost::asio::post(threads_, [h = std::move(handler), executor, guard = std::move(guard),
                                       task = std::move(task)]() mutable {
            auto outcome = outcome_of(task);
            boost::asio::post(executor, [h = std::move(h), outcome = std::move(outcome)]() mutable {
              std::move(h)(std::move(outcome));
            });
          });
        },
        boost::asio::use_awaitable, std::move(work));
  }

  boost::asio::thread_pool threads_;
};

}  // namespace varve::http
