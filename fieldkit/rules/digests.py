"""A digest as four words, so that two people can compare their data over the telephone.

Four words say 32 of its 256 bits: enough against chance, none against somebody who wants to deceive.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode

from mnemonic import Mnemonic

from fieldkit.studies import Pair

SPOKEN = 4
# 256 things that everybody knows, two characters each. No two are heard alike, not even where zh and z, n and l,
# or -n and -ng are not told apart.
_ZH = (
    "苹果香蕉葡萄西瓜桃子石榴樱桃柿子红枣核桃花生芝麻玉米小麦高粱黄豆绿豆萝卜白菜菠菜芹菜韭菜茄子辣椒"
    "黄瓜南瓜冬瓜土豆山药蘑菇木耳大蒜生姜豆腐馒头包子饺子面条米饭油条烧饼月饼粽子鸡蛋牛奶蜂蜜红糖食盐"
    "酱油茶叶老虎大象骆驼黑熊狐狸兔子松鼠刺猬猴子绵羊山羊水牛毛驴骏马花猫小狗公鸡白鹅鸭子鸽子喜鹊燕子"
    "乌鸦老鹰孔雀鹦鹉天鹅鲤鱼草鱼泥鳅螃蟹乌龟青蛙蝴蝶蜻蜓蜜蜂蚂蚁蚯蚓蜗牛蟋蟀知了牡丹荷花菊花梅花兰花"
    "桂花月季柳树杨树槐树榆树竹子芦苇青草树叶果园菜地麦田太阳月亮白云彩虹大风小雨下雪冰雹闪电雷声早晨"
    "中午傍晚春天夏天秋天冬天露水雾气黄河长江大海湖泊池塘小溪水井石桥山坡沙滩森林草原沙漠山洞岛屿田埂"
    "村口集市车站码头机场学校操场教室黑板粉笔课本铅笔橡皮书包尺子墨水毛笔地图字典信封邮票日历钟表桌子"
    "椅子板凳柜子木床枕头棉被毯子窗户大门钥匙铁锁灯泡蜡烛火柴手电镜子梳子毛巾肥皂牙刷脸盆水桶扁担锄头"
    "镰刀锤子钉子绳子竹篮麻袋簸箕扫帚雨伞草帽围巾手套布鞋棉袄裙子纽扣针线剪刀风筝毽子皮球跳绳陀螺积木"
    "气球口琴笛子二胡锣鼓唢呐火车汽车飞机轮船马车单车电话电视冰箱风扇火炉铁锅饭碗筷子勺子案板水壶茶杯"
    "砂锅蒸笼磨盘水缸砖头瓦片木板石头泥土沙子铁丝银杏玻璃陶罐棉花丝绸"
)
_EN = Mnemonic("english").wordlist[::8]


def spoken(digest: str) -> Pair:
    """Return *digest* (32 bytes, unpadded base64url) as four words of either language."""
    first = urlsafe_b64decode(digest + "=")[:SPOKEN]
    return Pair(" ".join(map(_word, first)), " ".join(_EN[byte] for byte in first))


def _word(byte: int) -> str:
    return _ZH[2 * byte : 2 * byte + 2]
