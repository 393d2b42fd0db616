"""3DES of whole bodies, by the OpenSSL of the system."""

import ctypes
import ctypes.util


class TripleDes:
    """Mode ECB, PKCS #7."""

    def __init__(self, key):
        self.key = bytes.fromhex(key)
        if len(self.key) == 16:
            self.key += self.key[:8]
        self.lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
        self.lib.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
        self.lib.EVP_des_ede3.restype = ctypes.c_void_p

    def run(self, encrypts, text):
        context = ctypes.c_void_p(self.lib.EVP_CIPHER_CTX_new())
        out, size, rest = ctypes.create_string_buffer(len(text) + 16), ctypes.c_int(), ctypes.c_int()
        try:
            good = self.lib.EVP_CipherInit_ex(context, ctypes.c_void_p(self.lib.EVP_des_ede3()), None, self.key, None, int(encrypts))
            good &= self.lib.EVP_CipherUpdate(context, out, ctypes.byref(size), text, len(text))
            good &= self.lib.EVP_CipherFinal_ex(context, ctypes.byref(out, size.value), ctypes.byref(rest))
        finally:
            self.lib.EVP_CIPHER_CTX_free(context)
        return out.raw[:size.value + rest.value] if good == 1 else None
