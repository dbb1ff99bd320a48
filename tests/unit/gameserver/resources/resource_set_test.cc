// SPDX-License-Identifier: Apache-2.0
#include "gameserver/resources/resource_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire::game {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::StartsWith;

constexpr std::string_view kRule = "function check() end\n";

// An operator's directory, gone at the end.
class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "resourcesXXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("make " + pattern);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string path(std::string_view name = "") const {
    return name.empty() ? path_.string() : (path_ / name).string();
  }
  void write(std::string_view name, std::string_view bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path path_;
};

std::string error_of(const Folder& folder) {
  const auto set = ResourceSet::load(folder.path());
  return set ? "loaded" : set.error();
}

TEST(ResourceSet, IsTheDefaultsWithoutADirectory) {
  const auto set = ResourceSet::load("");
  ASSERT_TRUE(set) << set.error();
  for (const ResourceId id : kResourceIds) EXPECT_EQ((*set)[id].origin, ResourceOrigin::kDefault) << resource_name(id);
  EXPECT_THAT((*set)[ResourceId::kWorld].bytes, StartsWith("{\n  \"arena_half_size_mm\": 50000,"));
  EXPECT_THAT((*set)[ResourceId::kWorld].bytes, EndsWith("}\n"));
  EXPECT_THAT((*set)[ResourceId::kAntiCheat].bytes, StartsWith("-- "));
  EXPECT_EQ(set->unknown_files(), UnknownFiles{});
}

TEST(ResourceSet, TakesFromTheDirectoryWhatIsThereAndTheRestFromTheDefaults) {
  const Folder folder;
  folder.write("rules/anti_cheat.lua", kRule);
  const auto defaults = ResourceSet::load("");
  const auto set = ResourceSet::load(folder.path());
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ((*set)[ResourceId::kAntiCheat].bytes, kRule);
  EXPECT_EQ((*set)[ResourceId::kAntiCheat].origin, ResourceOrigin::kOverride);
  EXPECT_EQ((*set)[ResourceId::kWorld], (*defaults)[ResourceId::kWorld]);
}

TEST(ResourceSet, TakesAFileThatIsEmpty) {
  const Folder folder;
  folder.write("snapshot.dict", "");
  const auto set = ResourceSet::load(folder.path());
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ((*set)[ResourceId::kSnapshotDictionary].bytes, "");
  EXPECT_EQ((*set)[ResourceId::kSnapshotDictionary].origin, ResourceOrigin::kOverride);
}

TEST(ResourceSet, HasTheSha256OfEachResource) {
  const Folder folder;
  folder.write("world.json", "abc");  // FIPS 180-4's example
  folder.write("snapshot.dict", "");
  const auto set = ResourceSet::load(folder.path());
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(sha256_text((*set)[ResourceId::kWorld]), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_text((*set)[ResourceId::kSnapshotDictionary]),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ResourceSet, IsNotChangedByAFileThatChangesLater) {
  const Folder folder;
  folder.write("world.json", "{}");
  const auto set = ResourceSet::load(folder.path());
  folder.write("world.json", "no JSON");
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ((*set)[ResourceId::kWorld].bytes, "{}");
}

TEST(ResourceSet, TakesAFileOfTheLargestSizeAndNoLargerOne) {
  const Folder folder;
  folder.write("snapshot.dict", std::string(kMaxResourceBytes, 'd'));
  const auto set = ResourceSet::load(folder.path());
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ((*set)[ResourceId::kSnapshotDictionary].bytes.size(), kMaxResourceBytes);
  folder.write("snapshot.dict", std::string(kMaxResourceBytes + 1, 'd'));
  EXPECT_EQ(error_of(folder), "read " + folder.path("snapshot.dict") + ": more than 1048576 bytes");
}

TEST(ResourceSet, NamesADirectoryThatIsNotThere) {
  const Folder folder;
  const std::string path = folder.path("nowhere");
  const auto set = ResourceSet::load(path);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error(), "open " + path + ": No such file or directory");
}

TEST(ResourceSet, FollowsTheOperatorsOwnLinkToTheDirectory) {
  const Folder folder;
  folder.write("real/world.json", "{}");
  std::filesystem::create_directory_symlink("real", folder.path("link"));
  const auto set = ResourceSet::load(folder.path("link"));
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ((*set)[ResourceId::kWorld].bytes, "{}");
}

TEST(ResourceSet, FollowsNoLinkInTheDirectory) {
  const Folder folder;
  const Folder outside;
  outside.write("world.json", "{}");
  std::filesystem::create_symlink(outside.path("world.json"), folder.path("world.json"));
  EXPECT_EQ(error_of(folder), "open " + folder.path("world.json") + ": it is, or lies behind, a symbolic link");
}

TEST(ResourceSet, FollowsNoLinkOfAFolderInTheDirectory) {
  const Folder folder;
  const Folder outside;
  outside.write("anti_cheat.lua", kRule);
  std::filesystem::create_directory_symlink(outside.path(), folder.path("rules"));
  EXPECT_EQ(error_of(folder), "open " + folder.path("rules/anti_cheat.lua") + ": it is, or lies behind, a symbolic link");
}

TEST(ResourceSet, FollowsNoLinkThatStaysInTheDirectoryEither) {
  const Folder folder;
  folder.write("mine.json", "{}");
  std::filesystem::create_symlink("mine.json", folder.path("world.json"));
  EXPECT_EQ(error_of(folder), "open " + folder.path("world.json") + ": it is, or lies behind, a symbolic link");
}

TEST(ResourceSet, ReadsNoFolder) {
  const Folder folder;
  std::filesystem::create_directory(folder.path("world.json"));
  EXPECT_EQ(error_of(folder), "read " + folder.path("world.json") + ": no regular file");
}

TEST(ResourceSet, DoesNotWaitForAFifo) {
  const Folder folder;
  ASSERT_EQ(::mkfifo(folder.path("world.json").c_str(), 0600), 0);
  EXPECT_EQ(error_of(folder), "read " + folder.path("world.json") + ": no regular file");
}

TEST(ResourceSet, SaysThatAFileStandsWhereAFolderShould) {
  const Folder folder;
  folder.write("rules", "");
  EXPECT_EQ(error_of(folder), "open " + folder.path("rules/anti_cheat.lua") + ": Not a directory");
}

TEST(ResourceSet, ReportsFilesThatAreNoResourceWithoutReadingThem) {
  const Folder folder;
  folder.write("World.json", "");
  folder.write("rules/anticheat.lua", "");
  folder.write("rules/anti_cheat.lua", kRule);
  std::filesystem::create_symlink("/dev/zero", folder.path("zero"));
  const auto set = ResourceSet::load(folder.path());
  ASSERT_TRUE(set) << set.error();
  EXPECT_THAT(set->unknown_files().names, ElementsAre("World.json", "rules/anticheat.lua", "zero"));
  EXPECT_EQ(set->unknown_files().count, 3U);
}

// Makes openat2 fail for the rest of the process, as a kernel before Linux 5.6 does.
void take_openat2_away() {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) ::_exit(1);
}

TEST(ResourceSetDeathTest, SaysThatTheKernelHasNoOpenat2) {
  const Folder folder;
  const auto load = [&folder] {
    take_openat2_away();
    std::fputs(error_of(folder).c_str(), stderr);
    ::_exit(0);
  };
  EXPECT_EXIT(load(), testing::ExitedWithCode(0),
              "^open .*/world\\.json: this needs the system call openat2 \\(Linux 5\\.6\\), which is refused here$");
}

TEST(UnknownFiles, KnowsEachResourceAndItsFolder) {
  const std::vector<std::string> paths{"world.json", "rules", "rules/anti_cheat.lua", "snapshot.dict"};
  EXPECT_EQ(unknown_among(paths), UnknownFiles{});
}

TEST(UnknownFiles, ComparesWholePaths) {
  const std::vector<std::string> paths{"world.json.bak", "rules/world.json", "anti_cheat.lua", "world"};
  EXPECT_THAT(unknown_among(paths).names, ElementsAre("anti_cheat.lua", "rules/world.json", "world", "world.json.bak"));
}

TEST(UnknownFiles, NamesNoMoreThanABoundAndCountsTheRest) {
  const std::vector<std::string> paths(100, "\x1b[2J");
  const UnknownFiles unknown = unknown_among(paths);
  EXPECT_EQ(unknown.count, 100U);
  EXPECT_EQ(unknown.names, std::vector<std::string>(32, "?[2J"));
}

}  // namespace
}  // namespace tickwire::game
