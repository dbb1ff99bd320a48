// SPDX-License-Identifier: Apache-2.0
#include "bench/transports_server.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>  // Boost.Asio 1.74 needs it and does not include it
//
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "gameserver/protocol/frame.h"

namespace tickwire::bench {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;
using Tcp = asio::ip::tcp;
using Bytes = std::vector<char>;
using game::UniqueFd;

constexpr std::size_t kReadBytes = 4096;

// What a client of HTTP has sent and is answered. Reads and parses as many requests as there are, and answers them together: so does
// FrameTalk, and the sessions around both are the same.
class HttpTalk {
 public:
  asio::mutable_buffer writable() { return in_.prepare(kReadBytes); }
  void commit(std::size_t count) { in_.commit(count); }
  // Appends the answers to what is complete; how many, or nullopt: this is no request.
  std::optional<std::uint64_t> answer(Bytes& out) {
    std::uint64_t answers = 0;
    while (in_.size() > 0) {
      if (!parser_) parser_.emplace().eager(true);
      ErrorCode error;
      in_.consume(parser_->put(in_.cdata(), error));
      if (error == http::error::need_more) return answers;
      if (error) return std::nullopt;
      if (!parser_->is_done()) continue;
      const std::string& body = parser_->get().body();
      if (body.size() != kBodyBytes) return std::nullopt;
      respond(std::span<const char, kBodyBytes>(body.data(), kBodyBytes), out);
      parser_.reset();
      ++answers;
    }
    return answers;
  }

 private:
  static void respond(std::span<const char, kBodyBytes> request, Bytes& out) {
    http::response<http::string_body> response(http::status::ok, 11);
    const Body body = answer_body(request);
    response.body().assign(body.data(), body.size());
    response.content_length(kBodyBytes);
    http::serializer<false, http::string_body> serializer(response);
    ErrorCode error;
    while (!serializer.is_done()) {
      serializer.next(error, [&](ErrorCode&, const auto& buffers) {
        const auto offset = out.size();
        out.resize(offset + asio::buffer_size(buffers));
        serializer.consume(asio::buffer_copy(asio::buffer(out) + offset, buffers));
      });
    }
  }

  boost::beast::flat_buffer in_;
  std::optional<http::request_parser<http::string_body>> parser_;
};

class FrameTalk {
 public:
  asio::mutable_buffer writable() {
    const auto space = in_.writable();
    return asio::buffer(space.data(), space.size());
  }
  void commit(std::size_t count) { in_.commit(count); }
  std::optional<std::uint64_t> answer(Bytes& out) {
    for (std::uint64_t answers = 0;; ++answers) {
      const auto frame = in_.next();
      if (!frame) return std::nullopt;
      if (!*frame) return answers;
      if ((*frame)->size() != kBodyBytes) return std::nullopt;
      const std::array<char, game::kFrameLengthBytes> length{'\0', '\0', '\0', static_cast<char>(kBodyBytes)};
      const Body body =
          answer_body(std::span<const char, kBodyBytes>(reinterpret_cast<const char*>((*frame)->data()), kBodyBytes));
      out.insert(out.end(), length.begin(), length.end());
      out.insert(out.end(), body.begin(), body.end());
    }
  }

 private:
  game::FrameReader in_;
};

template <typename Talk>
class Session : public std::enable_shared_from_this<Session<Talk>> {
 public:
  Session(Tcp::socket socket, std::uint64_t& borrowed_requests) : socket_(std::move(socket)), requests_(&borrowed_requests) {}

  void read() {
    socket_.async_read_some(talk_.writable(), [self = this->shared_from_this()](ErrorCode error, std::size_t count) {
      if (!error) self->on_read(count);
    });
  }

 private:
  void on_read(std::size_t count) {
    talk_.commit(count);
    out_.clear();
    const auto answers = talk_.answer(out_);
    if (!answers) return;
    *requests_ += *answers;
    if (*answers == 0) return read();
    asio::async_write(socket_, asio::buffer(out_), [self = this->shared_from_this()](ErrorCode error, std::size_t) {
      if (!error) self->read();
    });
  }

  Tcp::socket socket_;
  Talk talk_;
  Bytes out_;
  std::uint64_t* requests_;
};

template <typename Talk>
void accept(Tcp::acceptor& acceptor, std::uint64_t& requests) {
  acceptor.async_accept([&](ErrorCode error, Tcp::socket socket) {
    if (error) return;
    socket.set_option(Tcp::no_delay(true));
    std::make_shared<Session<Talk>>(std::move(socket), requests)->read();
    accept<Talk>(acceptor, requests);
  });
}

std::int64_t to_ns(const timeval& time) { return (std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec) * 1'000; }

// Reports at each byte; ends at the end of the stream.
void obey(asio::posix::stream_descriptor& control, const std::uint64_t& requests) {
  control.async_wait(asio::posix::stream_descriptor::wait_read, [&](ErrorCode error) {
    char byte = 0;
    auto& io = static_cast<asio::io_context&>(control.get_executor().context());
    if (error || ::read(control.native_handle(), &byte, 1) != 1) return io.stop();
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const ServerCost cost{.requests = requests, .user_ns = to_ns(used.ru_utime), .system_ns = to_ns(used.ru_stime)};
    if (::write(control.native_handle(), &cost, sizeof cost) != sizeof cost) return io.stop();
    obey(control, requests);
  });
}

void serve(Carrier carrier, int processor, UniqueFd control_fd) {
  pin_to(processor);
  asio::io_context io(1);
  std::uint64_t requests = 0;
  Tcp::acceptor acceptor(io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::uint16_t port = acceptor.local_endpoint().port();
  if (::write(control_fd.fd(), &port, sizeof port) != sizeof port) return;
  asio::posix::stream_descriptor control(io, ::dup(control_fd.fd()));
  obey(control, requests);
  if (carrier == Carrier::kHttp) {
    accept<HttpTalk>(acceptor, requests);
  } else {
    accept<FrameTalk>(acceptor, requests);
  }
  io.run();
}

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

void read_all(int borrowed_fd, void* out, std::size_t size) {
  if (::recv(borrowed_fd, out, size, MSG_WAITALL) != static_cast<ssize_t>(size)) fail("the server ended");
}

}  // namespace

void pin_to(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(processor), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) fail("pin to a processor");
}

TransportServer::TransportServer(Carrier carrier, int processor) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("open a pair of sockets");
  control_.reset(ends[0]);
  UniqueFd its(ends[1]);
  pid_ = ::fork();
  if (pid_ < 0) fail("start a server");
  if (pid_ == 0) {
    control_.reset();
    int code = 0;
    try {
      serve(carrier, processor, std::move(its));
    } catch (const std::exception&) {
      code = 1;
    }
    ::_exit(code);
  }
  its.reset();
  read_all(control_.fd(), &port_, sizeof port_);
}

TransportServer::~TransportServer() {
  control_.reset();
  ::waitpid(pid_, nullptr, 0);
}

ServerCost TransportServer::cost() const {
  const char byte = 'r';
  if (::send(control_.fd(), &byte, 1, MSG_NOSIGNAL) != 1) fail("ask the server");
  ServerCost cost;
  read_all(control_.fd(), &cost, sizeof cost);
  return cost;
}

}  // namespace tickwire::bench
