// The steps from typed inputs to a sealed frame. Internal to runtime/frame.
#pragma once

#include <memory>

#include "runtime/frame/encode.h"
#include "runtime/frame/frame_builder.h"
#include "runtime/frame/frame_impl.h"

namespace cap {

class Sealer {
 public:
  explicit Sealer(const FrameBuilder& inputs);

  Frame Run();

 private:
  // Each returns false, and keeps the first reason, when the call is malformed.
  bool CheckCounts();
  bool CheckNames();
  bool PutArguments(bool with_sibling);
  bool PutArgument(const ArgumentDesc& argument);
  bool PutResources();
  bool CheckResource();
  bool Refuse(MalformedKind kind, std::string_view name, std::string detail, Span span);

  void OpenHeader();
  void PutFacts(bool with_sibling);
  void PutFact(const FactDesc& fact);
  void PutFactOfEach(const FactDesc& fact);
  FaultNote PlaceFact(const FactDesc& fact, const FactInput& given,
                      std::vector<const FactInput*>& places, std::string& text);
  void PutLive();
  void PutLets();
  void PutLet(const LetDesc& let);
  void PutApprovals();
  void FormCanonical();

  bool SameKey(const FactDesc& fact, const FactInput& given);
  bool SameValue(TypeIndex type, const Slot& a, const Slot& b) const;
  FaultNote AttestorOf(const FactDesc& fact, const FactInput& given, std::string& text) const;
  FaultNote FreshnessOf(const FactDesc& fact, const FactInput& given, std::string& text) const;
  uint32_t CurrencyAt(uint32_t slot) const;
  Slot* SlotAt(uint32_t slot);
  SlotTarget TargetAt(uint32_t slot);
  void Poison(uint32_t first, TypeIndex type, FaultNote note, std::string text);
  void Note(uint32_t first, TypeIndex type, FaultNote note, std::string text);

  const FrameBuilder& in_;
  const Program& program_;
  const Tool* tool_ = nullptr;
  std::unique_ptr<Frame::Impl> out_;
};

}  // namespace cap
