// Writes small ONNX models: the part of onnx.proto (onnx/onnx on GitHub) that they need.
import protobuf from "protobufjs";

const { root } = protobuf.parse(`
  syntax = "proto2";
  message ModelProto {
    optional int64 ir_version = 1;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
  }
  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
    optional string domain = 7;
  }
  message AttributeProto {
    optional string name = 1;
    optional int64 i = 3;
    repeated int64 ints = 8;
    optional int32 type = 20;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    optional string name = 8;
    optional bytes raw_data = 9;
  }
  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
  message TypeProto { optional Tensor tensor_type = 1; }
  message Tensor { optional int32 elem_type = 1; optional Shape shape = 2; }
  message Shape { repeated Dimension dim = 1; }
  message Dimension { optional int64 dim_value = 1; }
`);
const ModelProto = root.lookupType("ModelProto");

// TensorProto.DataType and AttributeProto.AttributeType
const FLOAT = 1;
const BOOL = 9;
const INT = 2;
const INTS = 7;

/**
 * @typedef {object} Node
 * @property {string} op
 * @property {string} [domain]
 * @property {string[]} inputs an empty name leaves an optional input out
 * @property {string} output
 * @property {Record<string, number | number[]>} [attributes] whole numbers
 *
 * @typedef {Record<string, { shape: number[], data: Float32Array | Uint8Array }>} Constants booleans
 *   where the data are bytes
 */

/**
 * A model of one graph in float32, in order of computation.
 * @param {Record<string, number[]>} inputs their shapes
 * @param {Constants} constants
 * @param {Node[]} nodes
 * @param {Record<string, number[]>} outputs
 * @returns {Uint8Array}
 */
export function onnx(inputs, constants, nodes, outputs) {
  /** @param {[string, number[]]} entry */
  const value = ([name, shape]) => {
    const dim = shape.map((size) => ({ dimValue: size }));
    return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
  };
  return ModelProto.encode({
    irVersion: 10,
    opsetImport: [
      { domain: "", version: 23 },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: {
      name: "graph",
      input: Object.entries(inputs).map(value),
      output: Object.entries(outputs).map(value),
      initializer: Object.entries(constants).map(([name, { shape, data }]) => ({
        name,
        dims: shape,
        dataType: data instanceof Float32Array ? FLOAT : BOOL,
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      })),
      node: nodes.map(({ op, domain, inputs, output, attributes = {} }) => ({
        opType: op,
        domain,
        input: inputs,
        output: [output],
        attribute: Object.entries(attributes).map(([name, value]) =>
          Array.isArray(value) ? { name, ints: value, type: INTS } : { name, i: value, type: INT },
        ),
      })),
    },
  }).finish();
}
