// What it owns: text and links that stay what they are inside the markdown of DingTalk and WeCom.
// Who may use it: relay; the fuzzer.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tickwire::relay {

// Text of a stranger on one line: characters that begin something in one of the two dialects - links, tags, code, emphasis, mentions,
// entities - come in their wide forms, for neither dialect promises an escape; line ends and controls become spaces.
[[nodiscard]] std::string plain(std::string_view text);

// "[text](url)", with everything in the URL that could end the link percent-encoded. Empty unless the URL is http or https and at most
// 512 bytes then. `text` is one of our own words.
[[nodiscard]] std::string link(std::string_view text, std::string_view url);

// A URL as it is; a relative one behind `base`; empty where there is no base.
[[nodiscard]] std::string resolved_url(std::string_view url, std::string_view base);

}  // namespace tickwire::relay
