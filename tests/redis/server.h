// A redis-server of the test's own: in a folder of its own, on a socket file, gone with the object.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace cap::redis::test {

class Server {
 public:
  struct Options {
    bool durable = true;                 // appendonly, appendfsync always
    std::vector<std::string> more = {};  // of its command line
    std::string replica_of = {};         // the socket's server must have a port: "127.0.0.1 PORT"
    bool port = false;                   // listens on a free port too
    bool on_disk = false;                // its files lie on a disk, not in memory
  };

  Server() : Server(Options()) {}
  explicit Server(Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins it again, on the files that it has.
  void Start();
  /// kill -9, and waits until it has gone.
  void Kill();
  void Pause();
  void Resume();
  /// What it keeps, to be put back later.
  void SaveTo(const std::string& name);
  void LoadFrom(const std::string& name);

  /// One command, its words; the answer as redis-cli shows it.
  std::string Ask(const std::vector<std::string>& words) const;

  /// One that nobody listens on now.
  static int FreePort();

  std::string url() const { return "unix://" + socket_; }
  int port() const { return port_; }
  bool runs() const { return pid_ > 0; }

 private:
  void Wait() const;

  Options options_;
  std::string folder_, socket_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace cap::redis::test
