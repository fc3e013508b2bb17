/* SPDX-License-Identifier: MIT
 *
 * An iterator that makes a signature with the engine each time it is asked for its next item. A Python loop around it
 * costs what Python's loop costs with the processor's cache as a signature leaves it; the rest is the engine called
 * from C.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "ncrypt.h"

#define MAX_SIGNATURE 512

struct signatures {
    PyObject_HEAD unsigned long long left;
    NCRYPT_KEY_HANDLE key;
    PyObject *digest;
    DWORD capacity;
};

static PyObject *signatures_next(PyObject *object)
{
    struct signatures *self = (struct signatures *)object;
    BYTE signature[MAX_SIGNATURE];
    DWORD written = 0;

    if (self->left == 0) {
        return NULL;
    }
    self->left--;
    if (NCryptSignHash(self->key, NULL, (PBYTE)PyBytes_AS_STRING(self->digest), (DWORD)PyBytes_GET_SIZE(self->digest),
                       signature, self->capacity, &written, 0) != 0) {
        PyErr_SetString(PyExc_RuntimeError, "NCryptSignHash failed");
        return NULL;
    }
    Py_RETURN_NONE;
}

static void signatures_dealloc(PyObject *object)
{
    Py_CLEAR(((struct signatures *)object)->digest);
    Py_TYPE(object)->tp_free(object);
}

static PyTypeObject signatures_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "engine_loop.signatures",
    .tp_basicsize = sizeof(struct signatures),
    .tp_dealloc = signatures_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = signatures_next,
};

static PyObject *signatures(PyObject *module, PyObject *arguments)
{
    unsigned long long key, rounds;
    unsigned long capacity;
    PyObject *digest;
    struct signatures *self;

    (void)module;
    if (!PyArg_ParseTuple(arguments, "KSkK", &key, &digest, &capacity, &rounds)) {
        return NULL;
    }
    if (capacity > MAX_SIGNATURE) {
        PyErr_SetString(PyExc_ValueError, "the signature is too long");
        return NULL;
    }
    self = PyObject_New(struct signatures, &signatures_type);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(digest);
    self->left = rounds;
    self->key = (NCRYPT_KEY_HANDLE)key;
    self->digest = digest;
    self->capacity = (DWORD)capacity;
    return (PyObject *)self;
}

static PyMethodDef methods[] = {
    {"signatures", signatures, METH_VARARGS, "signatures(key, digest, signature_size, rounds)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "engine_loop", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_engine_loop(void);

PyMODINIT_FUNC PyInit_engine_loop(void)
{
    return PyType_Ready(&signatures_type) == 0 ? PyModule_Create(&module) : NULL;
}
