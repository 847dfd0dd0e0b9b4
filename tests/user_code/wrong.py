# pyright: reportUnnecessaryComparison=true
"""Mistakes, each with the checkers that flag it and by which of their rules.

Two need a rule that is switched on by hand: for ``if x`` mypy's ``truthy-bool``, which --strict leaves out, and for
``x == 2.0`` pyright's ``reportUnnecessaryComparison``, which is part of its strict mode.
"""

# A mistake is a line.
# fmt: off

import math

import autograd
import nn
from autograd import Value, draw, grad, gradcheck, hypot, jit, sin, walkthrough
from nn import MLP, SGD, Adam, Embedding, Layer, Neuron, Sequential

x = Value(2.0, label="x")
model = MLP(2, [4, 1])
X, y = nn.datasets.moons(20)
sgd = SGD(model.parameters())
name = input("Which loss? ")

# --- a Value is no float ---------------------------------------------------------------------------------------

math.sin(x)  # flagged: mypy[arg-type] pyright[reportArgumentType]
float(x)  # flagged: mypy[arg-type] pyright[reportArgumentType]
int(x)  # flagged: mypy[call-overload] pyright[reportArgumentType]
round(x)  # flagged: mypy[call-overload] pyright[reportArgumentType]
complex(x)  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
[1, 2, 3][x]  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
ratio: float = x / 2  # flagged: mypy[assignment] pyright[reportAssignmentType]
half: float = sin(x)  # flagged: mypy[assignment] pyright[reportAssignmentType]
if x:  # flagged: mypy[truthy-bool] pyright[reportGeneralTypeIssues]
    print("not zero")
sign = 1.0 if not x else -1.0  # flagged: mypy[truthy-bool] pyright[reportGeneralTypeIssues]
while x:  # flagged: mypy[truthy-bool] pyright[reportGeneralTypeIssues]
    break
print(x == 2.0)  # flagged: mypy[comparison-overlap] pyright[reportUnnecessaryComparison]
print(x != 0)  # flagged: mypy[comparison-overlap] pyright[reportUnnecessaryComparison]

# --- Values ----------------------------------------------------------------------------------------------------

Value("2.0")  # flagged: mypy[arg-type] pyright[reportArgumentType]
Value(x)  # flagged: mypy[arg-type] pyright[reportArgumentType]
print(x + "1")  # flagged: mypy[operator] pyright[reportOperatorIssue]
print(x.grad.item())  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
x.item()  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
x.bakward()  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
x.backward(retain_graph=True)  # flagged: mypy[arg-type] pyright[reportArgumentType]
x.data = "3"  # flagged: mypy[assignment] pyright[reportAttributeAccessIssue]
x.note = "mine"  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
sum([x, x]).backward()  # flagged: mypy[union-attr] pyright[reportAttributeAccessIssue]

# --- functions -------------------------------------------------------------------------------------------------

sin(x, x)  # flagged: mypy[call-overload] pyright[reportCallIssue]
sin("x")  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
sin([x])  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
hypot(x)  # flagged: mypy[call-overload] pyright[reportCallIssue]
autograd.dot([x], 2.0)  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
autograd.total(x)  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
autograd.softmax([x]).backward()  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
autograd.where("x", 1.0, 2.0)  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
autograd.ln(x)  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
grad(x)  # flagged: mypy[call-overload] pyright[reportArgumentType]
grad(lambda x: [x, x])  # flagged: mypy[arg-type, return-value] pyright[reportArgumentType]
grad(lambda x: x * x)(2.0).backward()  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
grad(lambda x: x * x, argnums="x")  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
gradcheck(lambda x: x * x, 2.0, order=3)  # flagged: mypy[arg-type] pyright[reportArgumentType]
jit(2.0)  # flagged: mypy[arg-type] pyright[reportArgumentType]
draw(x, direction="up")  # flagged: mypy[arg-type] pyright[reportArgumentType]
draw(x, heat="gradient")  # flagged: mypy[arg-type] pyright[reportArgumentType]
draw([x])  # flagged: mypy[arg-type] pyright[reportArgumentType]
walkthrough(x, order="backward")  # flagged: mypy[arg-type] pyright[reportArgumentType]

# --- models ----------------------------------------------------------------------------------------------------

MLP(2, [4, 1], activation="rleu")  # flagged: mypy[arg-type] pyright[reportArgumentType]
MLP(2, [4, 1], init="he")  # flagged: mypy[arg-type] pyright[reportArgumentType]
MLP(2, [4, 1], activation=math.tanh)  # flagged: mypy[arg-type] pyright[reportArgumentType]
Layer(2, 3, activation="rleu")  # flagged: mypy[arg-type] pyright[reportArgumentType]
Layer(2, 3, bias=False)  # flagged: mypy[call-arg] pyright[reportCallIssue]
Neuron(2, init="he_norml")  # flagged: mypy[arg-type] pyright[reportArgumentType]
Embedding(2, 3, init="norml")  # flagged: mypy[arg-type] pyright[reportArgumentType]
Sequential(Layer(2, 3), "relu")  # flagged: mypy[arg-type] pyright[reportArgumentType]
model("ab")  # flagged: mypy[arg-type] pyright[reportArgumentType]
model([1.0, "2.0"])  # flagged: mypy[list-item] pyright[reportArgumentType]
Neuron(2)(1.0)  # flagged: mypy[arg-type] pyright[reportArgumentType]
model([1.0, 2.0]).bakward()  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
math.exp(model([1.0, 2.0]))  # flagged: mypy[arg-type] pyright[reportArgumentType]
if model([1.0, 2.0]):  # flagged: pyright[reportGeneralTypeIssues]
    print("a list of Values would have a truth, so mypy has nothing to say")
model.fit(X, y)  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
nn.Linear(2, 3)  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]

# --- training --------------------------------------------------------------------------------------------------

nn.fit(model, X, y, loss="msee", optimizer=sgd, epochs=1)  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.fit(model, X, y, loss=name, optimizer=sgd, epochs=1)  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.fit(model, X, y, loss="mse", optimizer="adma", epochs=1)  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.fit(model, X, y, loss="mse", optimizer=sgd)  # flagged: mypy[call-arg] pyright[reportCallIssue]
nn.fit(model, X, y, loss="mse", optimizer=sgd, n_epochs=1)  # flagged: mypy[call-arg, arg-type] pyright[reportCallIssue]
nn.fit(model, X, y, loss="mse", optimizer=sgd, epochs=1, metrics="acc")  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.fit(model, X, y, loss="mse", optimizer=sgd, epochs=1, metrics=["acc"])  # flagged: mypy[list-item] pyright[reportArgumentType]
nn.fit(model, X, y, loss="mse", optimizer=sgd, epochs=1, class_weight="equal")  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.fit(MLP, X, y, loss="mse", optimizer=sgd, epochs=1)  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.evaluate(model, X, y, loss="msee")  # flagged: mypy[call-overload] pyright[reportArgumentType]
nn.mse(model([1.0, 2.0]), "1")  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.mse("1", 1.0)  # flagged: mypy[type-var] pyright[reportArgumentType]
SGD(model)  # flagged: mypy[arg-type] pyright[reportArgumentType]
Adam(model.parameters(), lr="0.1")  # flagged: mypy[arg-type] pyright[reportArgumentType]
Adam(model.parameters(), learning_rate=0.1)  # flagged: mypy[call-arg] pyright[reportCallIssue]
nn.EarlyStopping(mode="lowest")  # flagged: mypy[arg-type] pyright[reportArgumentType]
nn.predict(X, model)  # flagged: mypy[call-overload] pyright[reportCallIssue, reportArgumentType]
nn.fit(model, X, y, loss="mse", optimizer=sgd, epochs=1).losses  # flagged: mypy[attr-defined] pyright[reportAttributeAccessIssue]
nn.StepClassifier(activation="rleu")  # flagged: mypy[arg-type] pyright[reportArgumentType]
