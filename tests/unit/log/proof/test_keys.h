// Keys that only tests have, and notes made with them by another implementation of signed-note
// (Python, hashlib and OpenSSL). The seeds are 00 01 … 1f and 20 21 … 3f: everybody knows them.
#pragma once

#include <string_view>

#include "log/proof/note.h"

namespace varve::testing {

inline constexpr std::string_view kLogPrivateKey =
    "PRIVATE+KEY+log.example+b252d0cf+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
inline constexpr std::string_view kLogVkey =
    "log.example+b252d0cf+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
inline constexpr std::string_view kEventPrivateKey =
    "PRIVATE+KEY+log.example/events+a49295b9+ASAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/";
inline constexpr std::string_view kEventVkey =
    "log.example/events+a49295b9+ASmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

inline constexpr std::string_view kFact = "A fact.\n";
inline constexpr std::string_view kFactLogLine =
    "— log.example "
    "slLQz5+AiCufGRXr2MjaeHZRYya6zSAbCbTOcxn7MGvyRGaUm/"
    "iGJ7RCCarcfUKXH5QZUcCiDQ4sfLcLfFLKGTAqyw8=\n";
inline constexpr std::string_view kFactEventLine =
    "— log.example/events "
    "pJKVudF6FSOXdeW+3IYKHb5slmNx6Ky32wVGuXrZN8JFE0tKBGzRVO4Q4J0uk7eW9pgsgHPx1AE1r5dK54tzMLyWawQ="
    "\n";

// Of the seven-leaf reference tree.
inline constexpr std::string_view kCheckpointNote =
    "log.example\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n\n— log.example "
    "slLQz8UMRl2cypj+U16AIL7U/"
    "MUIl2Tjf2uioab+wqdolb1cdh2gpU82hLwozA8O6gn2tnAKFpNDiy18BtZ4cYVALwg=\n";

inline Signer log_signer() {
  return Signer::parse(kLogPrivateKey).value();
}
inline Signer event_signer() {
  return Signer::parse(kEventPrivateKey).value();
}

// From the public documentation of golang.org/x/mod/sumdb/note.
inline constexpr std::string_view kPeterNeumannVkey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
inline constexpr std::string_view kPeterNeumannPrivateKey =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
inline constexpr std::string_view kEnochRootVkey =
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
inline constexpr std::string_view kPublicNoteText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
inline constexpr std::string_view kPeterNeumannLine =
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
inline constexpr std::string_view kEnochRootLine =
    "— EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/"
    "5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

}  // namespace varve::testing
