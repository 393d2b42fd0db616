#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "simulator/codec/http/command_list.h"
#include "simulator/codec/http/gzip.h"
#include "simulator/codec/http/known_answer.h"
#include "simulator/codec/http/multipart.h"
#include "simulator/codec/http/request_template.h"
#include "simulator/codec/http/response_reader.h"
#include "simulator/codec/http/url.h"
#include "simulator/core/random.h"

namespace vfleet::codec::http {
namespace {

TEST(Url, ReadsNamesAddressesAndPorts) {
  struct Row {
    std::string text;
    Url url;
  };
  for (const auto& [text, url] : std::vector<Row>{
           {"http://127.0.0.1:8080/ingest", {"127.0.0.1", 8080, "127.0.0.1:8080", "/ingest"}},
           {"http://localhost", {"localhost", 80, "localhost", "/"}},
           {"http://localhost:80/a?b=c", {"localhost", 80, "localhost", "/a?b=c"}},
           {"http://a.example?x", {"a.example", 80, "a.example", "/?x"}},
           {"http://[::1]:8080/", {"::1", 8080, "[::1]:8080", "/"}},
           {"http://[::1]:80/", {"::1", 80, "[::1]", "/"}},
           {"http://h/p#fragment", {"h", 80, "h", "/p"}},
       }) {
    const auto read = parse_url(text);
    ASSERT_TRUE(read) << text << ": " << read.error().detail;
    EXPECT_EQ(*read, url) << text;
  }
}

TEST(Url, TakesTheSchemesOfOtherUplinks) {
  const std::vector<Scheme> schemes = {{"ws", 80, false}, {"wss", 443, true}, {"tcp", 0, false}};
  const auto plain = parse_url("ws://a.example/p", schemes);
  ASSERT_TRUE(plain) << plain.error().detail;
  EXPECT_EQ(*plain, (Url{"a.example", 80, "a.example", "/p", false}));
  const auto secret = parse_url("wss://a.example:443/p", schemes);
  ASSERT_TRUE(secret) << secret.error().detail;
  EXPECT_EQ(*secret, (Url{"a.example", 443, "a.example", "/p", true}));
  EXPECT_EQ(parse_url("tcp://127.0.0.1", schemes).error().detail,
            "url \"tcp://127.0.0.1\": the port is missing");
  EXPECT_EQ(parse_url("http://a", schemes).error().detail,
            "url \"http://a\": must start with ws:// or wss:// or tcp://");
}

TEST(Url, RefusesWhatItCannotReachAndSaysWhy) {
  for (const char* text :
       {"", "127.0.0.1:80", "https:/a", "ftp://a", "http://", "http:///x", "http://:80", "http://a:0",
        "http://a:65536", "http://a:x", "http://a:", "http://[::1", "http://[::1]x", "http://u:p@a/",
        "http://{device.id}/", "http://a b/", "http://a/x y", "http://a/\xc3\xa4", "http://a/\r\nX: y"}) {
    const auto read = parse_url(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::invalid_argument);
    EXPECT_FALSE(read.error().detail.empty());
  }
}

struct FixedNames final : text::Names {
  std::string id = "pile-1";
  [[nodiscard]] std::string_view device_id() const override { return id; }
  [[nodiscard]] std::string_view device_type() const override { return "charging_pile"; }
  [[nodiscard]] std::string_view group() const override { return "north"; }
  [[nodiscard]] std::string_view label(std::string_view name) const override {
    return name == "site" ? "he fei" : "";
  }
};

std::string request(const RequestOptions& options, const RequestBody& body, const std::string& id = "pile-1",
                    const text::ReportText& report = {.type = "meter"}) {
  FixedNames names;
  names.id = id;
  std::string out = "old content";
  RequestTemplate::make(options).value().write(names, report, body, out);
  return out;
}

TEST(RequestTemplate, WritesAWholeRequest) {
  EXPECT_EQ(request({.url = "http://127.0.0.1:8080/ingest"}, {.bytes = "{\"a\":1}"}),
            "POST /ingest HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\n"
            "Content-Length: 7\r\n\r\n{\"a\":1}");
}

TEST(RequestTemplate, FillsInNamesAndEscapesThemInTheUrl) {
  EXPECT_EQ(request({.method = "PUT",
                     .url = "http://h/v1/{device.id}{report.type}/x?t={device.type}",
                     .headers = {"X-Device:  {device.id} ", "content-type: text/plain", "Host: other"},
                     .token = "s3cret"},
                    {}, "pile/1\r\n"),
            "PUT /v1/pile%2F1%0D%0Ameter/x?t=charging_pile HTTP/1.1\r\nX-Device: pile/1\r\n"
            "Host: other\r\nAuthorization: Bearer s3cret\r\ncontent-type: text/plain\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(RequestTemplate, FillsInLabelsAndFieldsOfTheReport) {
  const text::ReportText report{.type = "meter", .json = R"({"seq":7,"data":{"soc":12.5,"card":"a/b"}})"};
  EXPECT_EQ(
      request({.url = "http://h/{label.site}/{data.card}?soc={soc}", .headers = {"X-Seq: {seq}"}},
              {.bytes = "x"}, "pile-1", report),
      "POST /he%20fei/a%2Fb?soc=12.5 HTTP/1.1\r\nX-Seq: 7\r\nHost: h\r\nContent-Type: application/json\r\n"
      "Content-Length: 1\r\n\r\nx");
}

TEST(RequestTemplate, WritesTheSameWithAndWithoutPlaces) {
  // One is put together beforehand, the other for each report.
  const std::vector<std::string> headers = {"X-A: b", "Content-Type: text/plain"};
  std::vector<std::string> places = headers;
  places[0] = "X-A: {label.none}b";
  const RequestOptions constant{.url = "http://h:1/p", .headers = headers, .token = "a{b}"};
  const RequestOptions filled{.url = "http://h:1/p", .headers = places, .token = "a{b}"};
  for (const RequestBody& body : {RequestBody{.bytes = "{}"}, RequestBody{.bytes = ""},
                                  RequestBody{.bytes = "x", .type = "a/b"},
                                  RequestBody{.bytes = "x", .encoding = "gzip"},
                                  RequestBody{.bytes = "x", .type = "a/b", .encoding = "gzip"}}) {
    EXPECT_EQ(request(constant, body), request(filled, body));
  }
  EXPECT_EQ(request(constant, {.bytes = "{}"}),
            "POST /p HTTP/1.1\r\nX-A: b\r\nHost: h:1\r\nAuthorization: Bearer a{b}\r\n"
            "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(RequestTemplate, SendsNoBodyWithGetAndDelete) {
  for (const char* method : {"GET", "DELETE"}) {
    EXPECT_EQ(request({.method = method, .url = "http://h/{device.id}"}, {.bytes = "{}"}),
              std::string(method) + " /pile-1 HTTP/1.1\r\nHost: h\r\n\r\n");
  }
}

TEST(RequestTemplate, SaysWhatABodyIs) {
  EXPECT_EQ(request({.url = "http://h/"}, {.bytes = "x", .type = "a/b", .encoding = "gzip"}),
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Encoding: gzip\r\n"
            "Content-Length: 1\r\n\r\nx");
}

TEST(RequestTemplate, PutsATokenIntoARequestThatIsWritten) {
  std::string out;
  RequestTemplate::authorize("POST / HTTP/1.1\r\nHost: h\r\n\r\nbody", "t{0}k", out);
  EXPECT_EQ(out, "POST / HTTP/1.1\r\nAuthorization: Bearer t{0}k\r\nHost: h\r\n\r\nbody");
}

TEST(RequestTemplate, TakesATokenWithBracesAsItIs) {
  EXPECT_NE(request({.url = "http://h/", .token = "{device.id}"}, {}).find("Bearer {device.id}\r\n"),
            std::string::npos);
}

std::string multipart(std::string_view parts, std::string_view json) {
  const FixedNames names;
  std::string out;
  EXPECT_TRUE(Multipart::parse(parts).value().write(names, {.type = "snapshot", .json = json}, out));
  return out;
}

TEST(Multipart, WritesTextsAndFiles) {
  EXPECT_EQ(
      multipart("device = {device.id}\n"
                "meta(type=application/json) = {\"n\":{data.n},\"who\":{device.id}}\n"
                "image(filename={data.files.0.name}, type=image/jpeg) @ {data.files.0.image}\n",
                R"({"data":{"n":3,"files":[{"name":"a-1.jpg","image":"/9j/AA=="}]}})"),
      "--vfleet-7d1f0c5b9e3a4826\r\nContent-Disposition: form-data; name=\"device\"\r\n\r\npile-1\r\n"
      "--vfleet-7d1f0c5b9e3a4826\r\nContent-Disposition: form-data; name=\"meta\"\r\n"
      "Content-Type: application/json\r\n\r\n{\"n\":3,\"who\":\"pile-1\"}\r\n"
      "--vfleet-7d1f0c5b9e3a4826\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a-1.jpg\"\r\n"
      "Content-Type: image/jpeg\r\n\r\n" +
          std::string("\xff\xd8\xff\0", 4) + "\r\n--vfleet-7d1f0c5b9e3a4826--\r\n");
}

TEST(Multipart, RefusesWhatItDoesNotUnderstandAndSaysWhere) {
  for (const char* text : {"", "\n \n", "= x", "a", "a x", "a(b=c) = x", "a(type=x = x", "a = {device.name}",
                           "a(filename=\"x\") @ {data.x}"}) {
    const auto made = Multipart::parse(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code, Errc::invalid_argument);
  }
  EXPECT_NE(Multipart::parse("good = x\nbad").error().detail.find("\"bad\""), std::string::npos);
}

TEST(Multipart, RefusesAFileThatIsNoBase64) {
  const FixedNames names;
  std::string out;
  EXPECT_FALSE(Multipart::parse("a @ {data.x}").value().write(names, {.json = R"({"data":{"x":"?"}})"}, out));
}

TEST(Gzip, GivesWhatZlibReadsBack) {
  Gzip gzip;
  Random random(1, 2, "gzip");
  for (std::size_t size : {0u, 1u, 300u, 70'000u}) {
    std::string text;
    while (text.size() < size) text += static_cast<char>('a' + random.below(4));
    std::string packed = "old";
    ASSERT_TRUE(gzip.compress(text, packed));
    std::string back(size + 1, '\0');
    z_stream stream{};
    ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(back.data());
    stream.avail_out = static_cast<uInt>(back.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    back.resize(stream.total_out);
    EXPECT_EQ(stream.avail_in, 0u);
    inflateEnd(&stream);
    EXPECT_EQ(back, text);
  }
}

TEST(Gzip, ExpandsWhatItCompressed) {
  Gzip gzip;
  Gunzip gunzip;
  for (std::size_t size : {0u, 1u, 4'096u, 4'097u, 70'000u}) {
    const std::string text(size, 'x');
    std::string packed;
    ASSERT_TRUE(gzip.compress(text, packed));
    std::string back = "old";
    ASSERT_TRUE(gunzip.expand(packed, size, back)) << size;
    EXPECT_EQ(back, text);
    if (size > 0) {
      EXPECT_EQ(gunzip.expand(packed, size - 1, back).error().code, Errc::too_large) << size;
    }
    EXPECT_EQ(gunzip.expand(packed + "x", 100'000, back).error().code, Errc::malformed) << size;
    for (std::size_t cut = 0; cut < packed.size(); ++cut) {
      EXPECT_EQ(gunzip.expand(packed.substr(0, cut), 100'000, back).error().code, Errc::malformed) << cut;
    }
  }
  std::string back;
  EXPECT_EQ(gunzip.expand("no gzip at all", 100, back).error().code, Errc::malformed);
}

TEST(RequestTemplate, RefusesWhatWouldBreakTheRequest) {
  const std::string url = "http://h/";
  for (const RequestOptions& options : std::vector<RequestOptions>{
           {.url = "http://h/{device.name}"},
           {.url = "http://h/{device.id"},
           {.method = "PO ST", .url = url},
           {.method = "", .url = url},
           {.url = url, .headers = {"no colon"}},
           {.url = url, .headers = {": value"}},
           {.url = url, .headers = {"A b: value"}},
           {.url = url, .headers = {"A: x\r\nB: y"}},
           {.url = url, .headers = {"content-length: 5"}},
           {.url = url, .headers = {"Transfer-Encoding: chunked"}},
           {.url = url, .headers = {"Authorization: Basic x"}, .token = "t"},
           {.url = url, .token = "a\nb"},
       }) {
    EXPECT_FALSE(RequestTemplate::make(options));
  }
}

TEST(RequestTemplate, DoesNotShowTheTokenInItsMistakes) {
  const auto made = RequestTemplate::make({.url = "http://h/", .token = "s3cret\n"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().detail.find("s3cret"), std::string::npos);
}

using Progress = ResponseReader::Progress;

struct Answer {
  std::string bytes;
  unsigned status;
  bool keep_alive;
  std::string body;
};

const std::vector<Answer>& answers() {
  static const std::vector<Answer> all = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, true, "ok"},
      {"HTTP/1.1 204 No Content\r\n\r\n", 204, true, ""},
      {"HTTP/1.1 503 Busy\r\ncontent-length:0\r\nConnection: close\r\n\r\n", 503, false, ""},
      {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, false, "x"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200, true,
       "abcde"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: t\r\n\r\n", 200, true,
       "a"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
       "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nz",
       201, true, "z"},
  };
  return all;
}

void expect_read(ResponseReader& reader, const Answer& answer) {
  EXPECT_EQ(reader.status(), answer.status);
  EXPECT_EQ(reader.keep_alive(), answer.keep_alive);
  EXPECT_EQ(reader.body(), answer.body);
}

TEST(ResponseReader, ReadsAnswersWholeAndLeavesWhatFollows) {
  ResponseReader reader;
  for (const Answer& answer : answers()) {
    reader.reset();
    std::size_t consumed = 0;
    ASSERT_EQ(reader.feed(answer.bytes + "HTTP", consumed), Progress::done) << answer.bytes;
    EXPECT_EQ(consumed, answer.bytes.size());
    expect_read(reader, answer);
  }
}

TEST(ResponseReader, ReadsAnswersByteByByte) {
  ResponseReader reader;
  for (const Answer& answer : answers()) {
    reader.reset();
    std::size_t consumed = 0;
    for (std::size_t i = 0; i + 1 < answer.bytes.size(); ++i) {
      ASSERT_EQ(reader.feed(answer.bytes.substr(i, 1), consumed), Progress::more)
          << answer.bytes << " at " << i;
    }
    ASSERT_EQ(reader.feed(answer.bytes.substr(answer.bytes.size() - 1), consumed), Progress::done);
    EXPECT_EQ(consumed, 1u);
    expect_read(reader, answer);
  }
}

TEST(ResponseReader, ReadsAnswersInAnySlices) {
  Random random(5, 0, "slices");
  for (int round = 0; round < 200; ++round) {
    for (const Answer& answer : answers()) {
      ResponseReader reader;
      std::size_t at = 0;
      Progress progress = Progress::more;
      while (progress == Progress::more && at < answer.bytes.size()) {
        const std::size_t size = 1 + random.below(answer.bytes.size());
        std::size_t consumed = 0;
        progress = reader.feed(std::string_view(answer.bytes).substr(at, size), consumed);
        at += consumed;
      }
      ASSERT_EQ(progress, Progress::done) << answer.bytes;
      EXPECT_EQ(at, answer.bytes.size());
      expect_read(reader, answer);
    }
  }
}

TEST(KnownAnswer, MeansWhatTheReaderTookItFor) {
  KnownAnswer known;
  for (const Answer& answer : answers()) {
    EXPECT_FALSE(known.is(answer.bytes));
    ResponseReader reader;
    std::size_t consumed = 0;
    ASSERT_EQ(reader.feed(answer.bytes, consumed), Progress::done);
    known.learn(answer.bytes, reader.answer());
    reader.reset();  // what is known does not lean on it
    ASSERT_TRUE(known.is(answer.bytes));
    EXPECT_EQ(known.answer().status, answer.status);
    EXPECT_EQ(known.answer().keep_alive, answer.keep_alive);
    EXPECT_EQ(known.answer().body, answer.body);
    EXPECT_FALSE(known.is(answer.bytes.substr(1)));
    EXPECT_FALSE(known.is(answer.bytes + "x"));
  }
}

TEST(KnownAnswer, KeepsNoLongOne) {
  KnownAnswer known;
  EXPECT_FALSE(known.is(""));
  const std::string longest(KnownAnswer::kBytesMax, 'x');
  known.learn(longest, {.status = 200});
  EXPECT_TRUE(known.is(longest));
  known.learn(longest + "x", {.status = 500});
  EXPECT_FALSE(known.is(longest + "x"));
  EXPECT_TRUE(known.is(longest));
  EXPECT_EQ(known.answer().status, 200u);
}

TEST(ResponseReader, EndsABodyWithoutALengthAtTheEndOfTheStream) {
  ResponseReader reader;
  std::size_t consumed = 0;
  ASSERT_EQ(reader.feed("HTTP/1.1 200 OK\r\n\r\nall of it", consumed), Progress::more);
  ASSERT_EQ(reader.end(), Progress::done);
  EXPECT_EQ(reader.body(), "all of it");
  EXPECT_FALSE(reader.keep_alive());
}

TEST(ResponseReader, TakesAnEarlyEndAsMalformed) {
  for (const char* part :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na"}) {
    ResponseReader reader;
    std::size_t consumed = 0;
    ASSERT_EQ(reader.feed(part, consumed), Progress::more) << part;
    EXPECT_EQ(reader.end(), Progress::malformed) << part;
  }
  ResponseReader untouched;
  EXPECT_EQ(untouched.end(), Progress::malformed);
}

TEST(ResponseReader, RefusesWhatIsNotHttp) {
  for (const char* bytes : {"garbage\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "SSH-2.0-OpenSSH\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"}) {
    ResponseReader reader;
    std::size_t consumed = 0;
    EXPECT_EQ(reader.feed(bytes, consumed), Progress::malformed) << bytes;
  }
}

TEST(ResponseReader, RefusesWhatIsTooLarge) {
  std::size_t consumed = 0;
  ResponseReader reader;
  EXPECT_EQ(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", consumed), Progress::too_large);

  reader.reset();
  ASSERT_EQ(reader.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", consumed), Progress::more);
  Progress progress = Progress::more;
  const std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  for (int i = 0; i < 17 && progress == Progress::more; ++i) progress = reader.feed(chunk, consumed);
  EXPECT_EQ(progress, Progress::too_large);

  reader.reset();
  progress = reader.feed("HTTP/1.1 200 OK\r\n", consumed);
  const std::string header = "X: " + std::string(1000, 'x') + "\r\n";
  for (int i = 0; i < 20 && progress == Progress::more; ++i) progress = reader.feed(header, consumed);
  EXPECT_EQ(progress, Progress::too_large);

  reader.reset();
  ASSERT_EQ(reader.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", consumed), Progress::more);
  progress = Progress::more;
  for (int i = 0; i < 30 && progress == Progress::more; ++i) {
    progress = reader.feed((i == 0 ? "1;" : "") + std::string(1000, 'e'), consumed);
  }
  EXPECT_EQ(progress, Progress::too_large);
}

TEST(ResponseReader, SurvivesRandomBytes) {
  Random random(9, 0, "bytes");
  const std::string seed = answers()[4].bytes;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = seed;
    for (int i = 0; i < 3; ++i) bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    ResponseReader reader;
    std::size_t consumed = 0;
    if (reader.feed(bytes, consumed) == Progress::more) (void)reader.end();
    EXPECT_LE(consumed, bytes.size());
  }
}

std::vector<std::string> commands(std::string_view body, CommandList expected) {
  std::vector<std::string> out;
  EXPECT_EQ(for_each_command(body, [&](std::string_view each) { return out.emplace_back(each), true; }),
            expected)
      << body;
  return out;
}

TEST(CommandList, GivesTheTextOfEachElement) {
  EXPECT_EQ(commands(R"({"ok":true, "commands": [ {"b":1,"a":"x y"}, 7, "t" ]})", CommandList::found),
            (std::vector<std::string>{R"({"b":1,"a":"x y"})", "7", "\"t\""}));
  EXPECT_TRUE(commands(R"({"commands":[]})", CommandList::found).empty());
}

TEST(CommandList, IgnoresBodiesWithoutOne) {
  for (const char* body : {"", "ok", R"({"code":0})", R"(["commands"])", R"({"commands":3})",
                           R"({"x":"\"commands\""})", R"({"x":{"commands":[1]}})"}) {
    EXPECT_TRUE(commands(body, CommandList::absent).empty());
  }
}

TEST(CommandList, RefusesWhatIsNotJson) {
  for (const char* body : {R"("commands")"
                           "x",
                           R"({"commands":[1,)", "{\"commands\":[\"\xff\"]}"}) {
    EXPECT_TRUE(commands(body, CommandList::malformed).empty());
  }
  EXPECT_TRUE(commands("{\"commands\":" + std::string(30000, '[') + std::string(30000, ']') + "}",
                       CommandList::malformed)
                  .empty());
}

TEST(CommandList, StopsWhenTheReceiverHasEnough) {
  int seen = 0;
  EXPECT_EQ(for_each_command(R"({"commands":[1,2,3]})", [&](std::string_view) { return ++seen < 2; }),
            CommandList::found);
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace vfleet::codec::http
