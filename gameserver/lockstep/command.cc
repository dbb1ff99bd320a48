// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/command.h"

#include "gameserver/common/bytes.h"

namespace tickwire::game {
namespace {

// What commands of a frame ascend by.
unsigned order_of(const Command& command) { return command.seat * 4U + 3U - static_cast<unsigned>(command.kind); }

}  // namespace

void encode_frame(std::span<const Command> commands, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>(commands.size()));
  for (const Command& command : commands) {
    writer.write(command.seat);
    writer.write(static_cast<std::uint8_t>(command.kind));
    if (command.kind == Command::Kind::kButtons) writer.write(command.buttons);
    if (command.kind == Command::Kind::kJoin) writer.write(command.player);
  }
}

bool decode_frame(std::span<const std::byte>& content, std::vector<Command>& commands) {
  commands.clear();
  ByteReader reader(content);
  const auto count = reader.read<std::uint8_t>();
  for (unsigned i = 0; i < count && reader.ok(); ++i) {
    Command command{.seat = reader.read<std::uint8_t>()};
    const auto kind = reader.read<std::uint8_t>();
    if (command.seat >= kLockstepSeats || kind > static_cast<std::uint8_t>(Command::Kind::kLeave)) return false;
    command.kind = static_cast<Command::Kind>(kind);
    if (command.kind == Command::Kind::kButtons) command.buttons = reader.read<std::uint16_t>();
    if (command.kind == Command::Kind::kJoin) command.player = reader.read<std::uint32_t>();
    if (command.kind == Command::Kind::kJoin && command.player == 0) return false;
    if (!commands.empty() && order_of(command) <= order_of(commands.back())) return false;
    commands.push_back(command);
  }
  if (!reader.ok()) return false;
  content = content.last(reader.remaining());
  return true;
}

}  // namespace tickwire::game
