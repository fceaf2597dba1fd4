#include "tests/redis/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "runtime/redis/connection.h"

namespace cap::redis::test {
namespace fs = std::filesystem;

namespace {

int AnyPort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("there is no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

std::string Show(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kNull:
      return "(nil)";
    case Reply::Kind::kInteger:
      return std::to_string(reply.integer);
    case Reply::Kind::kText:
    case Reply::Kind::kError:
      return reply.text;
    case Reply::Kind::kList:
      break;
  }
  std::string all;
  for (const Reply& part : reply.list) all += Show(part) + "\n";
  return all;
}

}  // namespace

int Server::FreePort() { return AnyPort(); }

Server::Server(Options options) : options_(std::move(options)) {
  const bool memory = !options_.on_disk && fs::exists("/dev/shm");
  std::string pattern =
      (memory ? "/dev/shm" : fs::temp_directory_path().string()) + "/capc_redis_XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for a server");
  folder_ = pattern;
  socket_ = folder_ + "/socket";
  if (options_.port) port_ = FreePort();
  Start();
}

Server::~Server() {
  if (pid_ > 0) Kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  for (const char* name : {".saved", ".older"}) fs::remove_all(folder_ + name, ignored);
}

void Server::Start() {
  std::vector<std::string> words = {"redis-server",
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    socket_,
                                    "--dir",
                                    folder_,
                                    "--save",
                                    "",
                                    "--appendonly",
                                    options_.durable ? "yes" : "no",
                                    "--appendfsync",
                                    "always",
                                    "--daemonize",
                                    "no",
                                    "--logfile",
                                    folder_ + "/log",
                                    "--repl-diskless-sync-delay",
                                    "0",
                                    "--protected-mode",
                                    "no"};
  if (!options_.replica_of.empty()) {
    words.insert(words.end(), {"--replicaof", options_.replica_of});
  }
  words.insert(words.end(), options_.more.begin(), options_.more.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  fs::remove(socket_);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("no process for a server");
  if (pid_ == 0) {
    // It never outlives the test, whatever becomes of that.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  Wait();
}

void Server::Wait() const {
  for (int i = 0; i < 400; ++i) {
    if (Ask({"PING"}) == "PONG") return;
    usleep(25'000);
  }
  throw std::runtime_error("redis-server does not answer; is the package installed?");
}

void Server::Kill() {
  kill(pid_, SIGCONT);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Server::Pause() { kill(pid_, SIGSTOP); }
void Server::Resume() { kill(pid_, SIGCONT); }

void Server::SaveTo(const std::string& name) {
  const std::string to = folder_ + "." + name;
  fs::remove_all(to);
  fs::copy(folder_ + "/appendonlydir", to, fs::copy_options::recursive);
}

void Server::LoadFrom(const std::string& name) {
  fs::remove_all(folder_ + "/appendonlydir");
  fs::copy(folder_ + "." + name, folder_ + "/appendonlydir", fs::copy_options::recursive);
}

std::string Server::Ask(const std::vector<std::string>& words) const {
  const int64_t deadline_us = SteadyUs() + 10'000'000;
  std::string why;
  Address address;
  address.path = socket_;
  const auto connection = Connection::Open(address, deadline_us, why);
  if (connection == nullptr) return why;
  const std::vector<std::string_view> views(words.begin(), words.end());
  const auto reply = connection->Call(views, deadline_us);
  return reply ? Show(*reply) : "no answer";
}

}  // namespace cap::redis::test
