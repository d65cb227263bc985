// Work on the pool, as coroutines wait for it.
#include "api/http/pool.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"

namespace varve::http {
namespace {

namespace net = boost::asio;

// Runs a coroutine to its end.
template <class Coroutine>
void run_to_the_end(Coroutine coroutine) {
  net::io_context context(1);
  net::co_spawn(context, coroutine(), net::detached);
  context.run();
}

TEST(Pool, ResumesTheCoroutineOnItsOwnThread) {
  Pool pool(1);
  std::thread::id worked, resumed;
  int value = 0;
  run_to_the_end([&]() -> net::awaitable<void> {
    auto work = [&worked] {
      worked = std::this_thread::get_id();
      return 7;
    };
    value = co_await pool.run(work);
    resumed = std::this_thread::get_id();
  });
  EXPECT_EQ(value, 7);
  EXPECT_EQ(resumed, std::this_thread::get_id());
  EXPECT_NE(worked, resumed);
}

TEST(Pool, LetsTheCoroutineGoOnWhileStartedWorkRuns) {
  Pool pool(1);
  std::promise<void> go_on;
  std::vector<std::string> order;
  run_to_the_end([&]() -> net::awaitable<void> {
    const auto executor = co_await net::this_coro::executor;
    auto started = pool.start(executor, [gate = go_on.get_future().share()] {
      gate.wait();
      return std::string("work");
    });
    order.emplace_back("coroutine");
    go_on.set_value();
    order.push_back(co_await started.value());
  });
  EXPECT_EQ(order, (std::vector<std::string>{"coroutine", "work"}));
}

TEST(Pool, KeepsTheValueOfStartedWorkUntilItIsAskedFor) {
  Pool pool(1);
  Result<int> value = 0;
  run_to_the_end([&]() -> net::awaitable<void> {
    const auto executor = co_await net::this_coro::executor;
    auto started = pool.start(executor, []() -> Result<int> {
      return fail(Errc::unavailable, About::storage, "the disk is full");
    });
    // By the time this second piece of work is through, the first one's value has come.
    auto later = [] { return 0; };
    co_await pool.run(later);
    value = co_await started.value();
  });
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Errc::unavailable);
}

// On the pool's own thread it would end the process.
TEST(Pool, ThrowsInTheCoroutineWhatTheWorkThrew) {
  Pool pool(1);
  std::vector<std::string> caught;
  run_to_the_end([&]() -> net::awaitable<void> {
    const auto executor = co_await net::this_coro::executor;
    auto fails = []() -> Result<int> { throw std::runtime_error("a defect"); };
    auto started = pool.start(executor, fails);
    try {
      co_await pool.run(fails);
    } catch (const std::runtime_error& error) {
      caught.emplace_back(error.what());
    }
    try {
      co_await started.value();
    } catch (const std::runtime_error& error) {
      caught.emplace_back(error.what());
    }
    auto works = [] { return 3; };
    caught.push_back(std::to_string(co_await pool.run(works)));
  });
  EXPECT_EQ(caught, (std::vector<std::string>{"a defect", "a defect", "3"}));
}

TEST(Pool, FinishesStartedWorkThatNobodyAsksFor) {
  Pool pool(1);
  bool done = false;
  run_to_the_end([&]() -> net::awaitable<void> {
    const auto executor = co_await net::this_coro::executor;
    auto forgotten = pool.start(executor, [&done] {
      done = true;
      return 0;
    });
  });
  pool.join();
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace varve::http
