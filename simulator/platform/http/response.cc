#include "simulator/platform/http/response.h"

#include "simulator/codec/json/writer.h"

namespace vfleet::platform::http {

std::string_view reason_of(std::uint32_t status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

void write_json(std::string& out, std::uint32_t status, std::string_view body, bool keep_alive) {
  out += "HTTP/1.1 ";
  out += std::to_string(status);
  out += ' ';
  out += reason_of(status);
  out += "\r\nContent-Type: application/json\r\nContent-Length: ";
  out += std::to_string(body.size());
  out += keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  out += body;
}

void write_error(std::string& out, std::uint32_t status, std::string_view message, bool keep_alive) {
  std::string body;
  codec::json::Writer writer(body);
  writer.begin_object();
  writer.key("code").integer(status);
  writer.key("message").text(message);
  writer.end_object();
  write_json(out, status, body, keep_alive);
}

}  // namespace vfleet::platform::http
