// Handlers of paths, networks and urls. Containment calls out; the parts of a url are loads from
// the header before its bytes.
#include "runtime/jit/emitter.h"

namespace cap::jit {
namespace {

void SetCallOut(Emitter& e, uint32_t i, uint64_t offset, llvm::Value* ok) {
  llvm::Value* truth =
      e.Guarded(ok, [&] { return e.CallOut(offset, {e.AddressOf(e.A(i)), e.AddressOf(e.B(i))}); });
  e.SetBool(i, truth, ok);
}

// What `read` makes of a url that is present; zero of an absent one, which points nowhere.
Lowered OfUrl(Emitter& e, const Lowered& url, const std::function<Lowered()>& read) {
  llvm::IRBuilder<>& b = e.b();
  if (url.ok == nullptr) return read();
  llvm::BasicBlock* from = b.GetInsertBlock();
  llvm::BasicBlock* present = e.NewBlock("url");
  llvm::BasicBlock* join = e.NewBlock("join");
  b.CreateCondBr(url.ok, present, join);
  b.SetInsertPoint(present);
  Lowered made = read();
  llvm::BasicBlock* last = b.GetInsertBlock();
  b.CreateBr(join);
  b.SetInsertPoint(join);
  for (llvm::Value** half : {&made.lo, &made.hi}) {
    if (*half == nullptr) continue;
    llvm::PHINode* phi = b.CreatePHI(b.getInt64Ty(), 2);
    phi->addIncoming(e.Word(0), from);
    phi->addIncoming(*half, last);
    *half = phi;
  }
  made.ok = url.ok;
  return made;
}

llvm::Value* HeaderWord(Emitter& e, const Lowered& url, size_t offset) {
  llvm::IRBuilder<>& b = e.b();
  llvm::Value* bytes = b.CreateIntToPtr(e.Lo(url), b.getPtrTy());
  llvm::Value* address = e.Offset(bytes, offset - sizeof(UrlHeader));
  return b.CreateZExt(b.CreateAlignedLoad(b.getInt32Ty(), address, llvm::Align(1)),
                      b.getInt64Ty());
}

struct Part {
  size_t offset;  // where the header has it; sizeof(UrlHeader): it begins the url
  size_t length;
  size_t hash;
};

void SetPart(Emitter& e, uint32_t i, const Part& part) {
  const Lowered& url = e.A(i);
  e.Set(i, OfUrl(e, url, [&] {
          llvm::IRBuilder<>& b = e.b();
          const bool first = part.offset == sizeof(UrlHeader);
          llvm::Value* offset = first ? e.Word(0) : HeaderWord(e, url, part.offset);
          llvm::Value* hash = b.CreateShl(HeaderWord(e, url, part.hash), 32);
          return Lowered{.lo = b.CreateAdd(e.Lo(url), offset),
                         .hi = b.CreateOr(HeaderWord(e, url, part.length), hash)};
        }));
}

}  // namespace

void LowerPathUnder(Emitter& e, uint32_t i) {
  SetCallOut(e, i, offsetof(CallOuts, path_under), e.OperandsOk(i));
}
void LowerNetWithin(Emitter& e, uint32_t i) {
  SetCallOut(e, i, offsetof(CallOuts, net_within), e.OperandsOk(i));
}
void LowerNetIn(Emitter& e, uint32_t i) {
  SetCallOut(e, i, offsetof(CallOuts, net_in), e.OperandsOk(i));
}

void LowerUrlUnder(Emitter& e, uint32_t i) {
  // A place with a query is a fault like an absent one.
  llvm::Value* ok = e.Guarded(e.OperandsOk(i), [&] {
    return e.CallOut(offsetof(CallOuts, url_is_place), {e.AddressOf(e.B(i))});
  });
  SetCallOut(e, i, offsetof(CallOuts, url_under), ok);
}

void LowerUrlScheme(Emitter& e, uint32_t i) {
  SetPart(e, i, {sizeof(UrlHeader), offsetof(UrlHeader, scheme_length),
                 offsetof(UrlHeader, scheme_hash)});
}
void LowerUrlHost(Emitter& e, uint32_t i) {
  SetPart(e, i, {offsetof(UrlHeader, host_offset), offsetof(UrlHeader, host_length),
                 offsetof(UrlHeader, host_hash)});
}
void LowerUrlPath(Emitter& e, uint32_t i) {
  SetPart(e, i, {offsetof(UrlHeader, path_offset), offsetof(UrlHeader, path_length),
                 offsetof(UrlHeader, path_hash)});
}
void LowerUrlPort(Emitter& e, uint32_t i) {
  const Lowered& url = e.A(i);
  e.Set(i, OfUrl(e, url, [&] {
          return Lowered{.lo = HeaderWord(e, url, offsetof(UrlHeader, port))};
        }));
}

}  // namespace cap::jit
